// From quantized integers as a model stores them to the packed rows of a BlockedMatrix.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_OPS_MATMUL_PACK_QUANTIZED_H_
#define MACE_OPS_MATMUL_PACK_QUANTIZED_H_

#include <memory>

#include "mace/base/status.h"
#include "mace/graph/derived_constants.h"
#include "mace/ops/elementwise/dequantize.h"
#include "mace/ops/matmul/blocked_matrix.h"

namespace mace {

// A matrix of integers with scale and zero point, seen as the rows of a BlockedMatrix.
struct QuantizedMatrix {
  DequantizeNode from;      // REQUIRES: `integers` is a matrix with at least one element.
  bool transposed = false;  // A row of the BlockedMatrix is a column of the integers.
};

struct PackedMatrix {
  BlockedMatrix matrix;
  HostTensor packed;               // uint8 [rows, matrix.row_bytes()].
  HostTensor scales, zero_points;  // Floats [rows, matrix.blocks()].
};

// The extents and blocks of the matrix. `rows` is 0 where blocks along its rows do not describe it:
// where the elements of a row that are next to one another have scales of their own, or a block is
// not whole words.
BlockedMatrix BlocksOf(const QuantizedMatrix& matrix);

// The elements: signed integers become unsigned ones, and so do their zero points, so that the
// differences are the same. REQUIRES: BlocksOf(matrix).rows > 0. `known`: the constants that graphs of
// the same model share; may be null. kResourceExhausted where there is no memory.
StatusOr<PackedMatrix> PackQuantized(const QuantizedMatrix& matrix,
                                     const std::shared_ptr<DerivedConstants>& known);

}  // namespace mace

#endif  // MACE_OPS_MATMUL_PACK_QUANTIZED_H_
