// The work of a planned node, for reports.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PLAN_COST_H_
#define MACE_PLAN_COST_H_

#include "mace/plan/plan.h"

namespace mace {

// Op::EstimateCost of a node of the plan's graph, for all slices of the batch together. Bytes are
// the least traffic: each operand once, in the precision that the node was planned in. REQUIRES:
// the graph has a node with this index.
Cost NodeCost(const Plan& plan, size_t node);

}  // namespace mace

#endif  // MACE_PLAN_COST_H_
