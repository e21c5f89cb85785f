// Fuses a DepthwiseConv2d and the pointwise Conv2D that alone reads its result to one
// SeparableConv2D, where a device takes less time for that. Other devices keep the two nodes, which
// is why this is no pass.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PLAN_FUSE_DEPTHWISE_POINTWISE_H_
#define MACE_PLAN_FUSE_DEPTHWISE_POINTWISE_H_

#include "mace/plan/bound_graph.h"
#include "mace/plan/plan_options.h"

namespace mace {

// Estimates decide, with what a launch costs: the fused kernel saves one, and a tensor's way
// through memory, but makes the depthwise result anew for each tile of output channels. The fused
// node has the name of the Conv2D. As FuseNodes does.
void FuseDepthwisePointwise(const DeviceInfo& device, const PlanOptions& options, Graph* graph,
                            OpList* ops);

}  // namespace mace

#endif  // MACE_PLAN_FUSE_DEPTHWISE_POINTWISE_H_
