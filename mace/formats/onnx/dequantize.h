// Constants of quantized integers as floats.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_FORMATS_ONNX_DEQUANTIZE_H_
#define MACE_FORMATS_ONNX_DEQUANTIZE_H_

#include <cstdint>

#include "mace/base/status.h"
#include "mace/graph/tensor.h"

namespace mace {

struct DequantizeOptions {
  // One number, one for each place of `axis`, or one for each block of it;
  // null: 1, and 0.
  const HostTensor* scale = nullptr;
  const HostTensor* zero_point = nullptr;
  int axis = 0;
  int64_t block_size = 0;  // Places of the axis that share a number; 0: no blocks.
};

// scale * (q - zero_point) as float32: the difference is exact below 2^24, the
// product is rounded once. REQUIRES: the scale and the zero point fit the
// shape, as BindOnnxQuantization checks. kResourceExhausted where there is no
// memory for it.
StatusOr<HostTensor> DequantizeTensor(const HostTensor& integers, const DequantizeOptions& options);

// A matrix of few bits, as MatMulNBits stores it: for each row, blocks of
// `block_size` columns, each with a scale and a zero point.
struct BlockedMatrix {
  int64_t rows = 0, columns = 0;
  int64_t bits = 4;  // 4 or 8.
  int64_t block_size = 32;
  const HostTensor* packed = nullptr;      // uint8 [rows, blocks, block_size * bits / 8].
  const HostTensor* scales = nullptr;      // Floats, rows * blocks.
  const HostTensor* zero_point = nullptr;  // As packed bytes or as floats; null: 2^(bits - 1).

  int64_t blocks() const { return (columns + block_size - 1) / block_size; }
};

// The matrix as float32 [rows, columns]. REQUIRES: the tensors have the
// elements that are said above.
StatusOr<HostTensor> DequantizeBlocks(const BlockedMatrix& matrix);

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_DEQUANTIZE_H_
