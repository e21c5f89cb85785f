// What half precision cannot hold must not go unseen.
#ifndef MACE_ENGINE_FP16_OVERFLOW_H_
#define MACE_ENGINE_FP16_OVERFLOW_H_

#include <string>
#include <vector>

#include "mace/graph/tensor.h"

namespace mace {

// One line for the user where an output of a run in half precision has NaN or infinity though no
// input has: values beyond 65504, the largest half, became infinite on the way. Empty where all is
// well. `names` are the outputs'. Tensors that are not float32 are left out.
std::string DescribeHalfOverflow(const std::vector<std::string>& names,
                                 const std::vector<HostTensor>& inputs,
                                 const std::vector<HostTensor>& outputs);

}  // namespace mace

#endif  // MACE_ENGINE_FP16_OVERFLOW_H_
