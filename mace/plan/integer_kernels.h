// How much of an 8-bit model its plan computes in integers, for whoever asks what a model gains.
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PLAN_INTEGER_KERNELS_H_
#define MACE_PLAN_INTEGER_KERNELS_H_

#include <string>

#include "mace/plan/plan.h"

namespace mace {

// "8-bit model: 27 of 30 convolutions by integer kernels, the rest in floats, each result rounded";
// empty where none is.
std::string DescribeIntegerKernels(const Plan& plan);

}  // namespace mace

#endif  // MACE_PLAN_INTEGER_KERNELS_H_
