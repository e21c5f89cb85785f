// Joins a DepthwiseConv2d and the pointwise Conv2D that alone reads its result to one
// SeparableConv2D, where a device takes less time for that. Other devices keep the two nodes, which
// is why this is no pass.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PLAN_JOIN_DEPTHWISE_H_
#define MACE_PLAN_JOIN_DEPTHWISE_H_

#include "mace/graph/graph.h"
#include "mace/plan/plan_options.h"

namespace mace {

// Estimates decide, with what a launch costs: the joined kernel saves one, and a tensor's way
// through memory, but makes the depthwise result anew for each tile of output channels. The joined
// node has the name of the Conv2D. `options` are those that MakePlan gets next. REQUIRES: every
// shape of the graph is known.
Status JoinDepthwise(const DeviceInfo& device, const PlanOptions& options, Graph* graph);

}  // namespace mace

#endif  // MACE_PLAN_JOIN_DEPTHWISE_H_
