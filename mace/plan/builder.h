// Turns the chosen variants into device tensors, launches and steps.
//
// Thread contract: thread-compatible.
#ifndef MACE_PLAN_BUILDER_H_
#define MACE_PLAN_BUILDER_H_

#include <optional>
#include <vector>

#include "mace/plan/plan.h"

namespace mace {

// By node: the variant that runs it; none: the CPU.
using ChosenVariants = std::vector<std::optional<KernelVariant>>;

// Fills plan->tensors, regions (before memory planning, so without offsets), weights, launches,
// setup_steps and steps for the plan's graph. Moves the contents out of `chosen`.
Status BuildSteps(Plan* plan, ChosenVariants* chosen);

}  // namespace mace

#endif  // MACE_PLAN_BUILDER_H_
