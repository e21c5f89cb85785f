// Integer tensors from results computed in 64 bits.
#ifndef MACE_OPS_INTEGERS_H_
#define MACE_OPS_INTEGERS_H_

#include <vector>

#include "mace/graph/tensor.h"

namespace mace {

// A tensor of an integer type or bool; values wrap around like the type's own arithmetic does
// (HostTensor::ConvertTo would saturate). REQUIRES: values.size() is shape's element count.
StatusOr<HostTensor> MakeIntegers(DType dtype, const Shape& shape, std::vector<int64_t> values);

}  // namespace mace

#endif  // MACE_OPS_INTEGERS_H_
