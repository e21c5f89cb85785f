// Reports values that half precision cannot hold.
#ifndef MACE_ENGINE_FP16_OVERFLOW_H_
#define MACE_ENGINE_FP16_OVERFLOW_H_

#include <string>
#include <vector>

#include "mace/graph/tensor.h"

namespace mace {

// A line for the user if an output of a run in half precision has NaN or infinity and no input has:
// a value beyond 65504, the largest half, became infinite on the way. Empty if there is no such
// output. `names`: the outputs' names. Only float32 tensors are looked at.
std::string DescribeHalfOverflow(const std::vector<std::string>& names,
                                 const std::vector<HostTensor>& inputs,
                                 const std::vector<HostTensor>& outputs);

}  // namespace mace

#endif  // MACE_ENGINE_FP16_OVERFLOW_H_
