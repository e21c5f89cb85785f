// Integer tensors from results computed in 64 bits.
#ifndef MACE_OPS_INTEGERS_H_
#define MACE_OPS_INTEGERS_H_

#include <vector>

#include "mace/graph/tensor.h"

namespace mace {

// A tensor of an integer type or bool; values wrap around like the type's own arithmetic does
// (HostTensor::ConvertTo would saturate). REQUIRES: values.size() is shape's element count.
StatusOr<HostTensor> MakeIntegers(DType dtype, const Shape& shape, std::vector<int64_t> values);

// ToInt64Vector gives an uint64 from 2^63 on as the negative number of the same bits. This moves the
// numbers of uint64 by 2^63, so that they compare as int64_t as the elements do, and a second call
// moves them back. Numbers of other types stay.
void SwapOrderOfBits(DType dtype, std::vector<int64_t>* values);

}  // namespace mace

#endif  // MACE_OPS_INTEGERS_H_
