// Weights of 8 bits with a scale and a zero point for each column, and their products with rows of
// dynamic levels.
#ifndef MACE_OPS_RECURRENT_LSTM_MATRIX_H_
#define MACE_OPS_RECURRENT_LSTM_MATRIX_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "mace/graph/tensor.h"
#include "mace/ops/recurrent/byte_product.h"
#include "mace/ops/recurrent/dynamic_levels.h"

namespace mace {

// One of the matrices that lie behind one another in [directions, rows, columns] of int8 or uint8;
// scales (floats) and zero points (the type of the matrices) are [directions] or [directions,
// columns].
struct QuantizedOperand {
  const HostTensor& integers;
  const HostTensor& scales;
  const HostTensor& zero_points;
};

// Thread contract: thread-compatible. The elements stay in the operand's memory, which the caller
// keeps.
class LstmMatrix {
 public:
  // A matrix has at most so many rows: then no sum exceeds an int32.
  static constexpr int64_t kMaxRows = 32768;

  LstmMatrix(const QuantizedOperand& operand, size_t direction);

  // Prepares for many calls of Multiply, which take less time afterwards.
  void PrepareForManyProducts() { packed_.emplace(matrix_); }

  size_t columns() const { return matrix_.columns; }
  // Rows [first, first + count) of x times the matrix, to [count, columns]: sums of integers, each
  // multiplied once by (scale of x * scale of the column). REQUIRES: x has rows as wide as the
  // matrix has rows.
  void Multiply(const DynamicLevels& x, size_t first, size_t count, float* to);

 private:
  ByteMatrix matrix_;
  std::optional<PackedByteMatrix> packed_;
  std::vector<float> scales_;         // For each column.
  std::vector<int32_t> zero_points_;  // For each column, of the elements as ByteMatrix has them.
  std::vector<int32_t> column_sums_;
  std::vector<int32_t> sums_;
};

}  // namespace mace

#endif  // MACE_OPS_RECURRENT_LSTM_MATRIX_H_
