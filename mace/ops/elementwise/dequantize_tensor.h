// Quantized integers as floats.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_OPS_ELEMENTWISE_DEQUANTIZE_TENSOR_H_
#define MACE_OPS_ELEMENTWISE_DEQUANTIZE_TENSOR_H_

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

// scale * (q - zero_point) as float32, into memory for as many floats as there are integers: the
// difference is exact below 2^24, the product is rounded once. REQUIRES: the scale and the zero point
// fit the shape. kResourceExhausted where there is no memory for it, kInvalidArgument for a type that
// is not quantized to.
Status DequantizeInto(const HostTensor& integers, const DequantizeOptions& options, float* to);
// Gives the floats that DequantizeInto writes, as a tensor of their own.
StatusOr<HostTensor> DequantizeTensor(const HostTensor& integers, const DequantizeOptions& options);

}  // namespace mace

#endif  // MACE_OPS_ELEMENTWISE_DEQUANTIZE_TENSOR_H_
