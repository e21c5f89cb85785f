// Fuses a DepthwiseConv2d and the pointwise Conv2D that alone reads its result to one
// SeparableConv2D, where the device takes less time for that. Other devices keep the two nodes.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PASSES_DEVICE_FUSE_DEPTHWISE_POINTWISE_H_
#define MACE_PASSES_DEVICE_FUSE_DEPTHWISE_POINTWISE_H_

#include "mace/plan/bound_graph.h"
#include "mace/plan/plan_options.h"

namespace mace {

// Estimates decide, the cost of a launch included: the fused kernel saves a launch, and writing and
// reading a tensor, but computes the depthwise result again for each tile of output channels. The
// fused node has the name of the Conv2D. FuseNodes (fuse_nodes.h) describes the parameters.
void FuseDepthwisePointwise(const DeviceInfo& device, const PlanOptions& options, Graph* graph,
                            OpList* ops);

}  // namespace mace

#endif  // MACE_PASSES_DEVICE_FUSE_DEPTHWISE_POINTWISE_H_
