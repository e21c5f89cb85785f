// Turns the chosen ways into device tensors, launches and steps.
#ifndef MACE_PLAN_BUILDER_H_
#define MACE_PLAN_BUILDER_H_

#include <vector>

#include "mace/plan/candidates.h"
#include "mace/plan/plan.h"

namespace mace {

// Fills plan->tensors, regions (logical, before memory planning), weights, launches, setup_steps
// and steps for plan->bound.graph with way `ways[n]` of `candidates[n]` for node n, -1 for the CPU. Takes
// the lowerings' contents.
Status BuildSteps(Plan* plan, std::vector<NodeCandidates>* candidates,
                  const std::vector<int>& ways);

}  // namespace mace

#endif  // MACE_PLAN_BUILDER_H_
