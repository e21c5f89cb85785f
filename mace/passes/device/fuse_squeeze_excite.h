// Fuses two 1x1 Conv2D of one pixel for each image, the layers of a squeeze-and-excite block, to
// one SqueezeExcite, where the device takes less time for that.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PASSES_DEVICE_FUSE_SQUEEZE_EXCITE_H_
#define MACE_PASSES_DEVICE_FUSE_SQUEEZE_EXCITE_H_

#include "mace/plan/bound_graph.h"
#include "mace/plan/plan_options.h"

namespace mace {

// FuseNodes (fuse_nodes.h) describes the parameters. The fused kernel saves a launch, but one
// compute unit does an image's work alone. The fused node has the name of the second Conv2D.
void FuseSqueezeExcite(const DeviceInfo& device, const PlanOptions& options, Graph* graph,
                       OpList* ops);

}  // namespace mace

#endif  // MACE_PASSES_DEVICE_FUSE_SQUEEZE_EXCITE_H_
