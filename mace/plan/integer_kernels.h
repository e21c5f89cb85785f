// Reports how much of an int8 model is computed in integers.
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PLAN_INTEGER_KERNELS_H_
#define MACE_PLAN_INTEGER_KERNELS_H_

#include <string>

#include "mace/plan/plan.h"

namespace mace {

// "8-bit model: 27 of 30 convolutions by integer kernels, the rest in floats, each result rounded";
// empty if the plan has no integer kernel.
std::string DescribeIntegerKernels(const Plan& plan);

}  // namespace mace

#endif  // MACE_PLAN_INTEGER_KERNELS_H_
