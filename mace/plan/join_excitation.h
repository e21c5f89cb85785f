// Joins two 1x1 Conv2D of one pixel an image, the layers of a squeeze-and-excite block, to one
// Excitation, where a device takes less time for that.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PLAN_JOIN_EXCITATION_H_
#define MACE_PLAN_JOIN_EXCITATION_H_

#include "mace/graph/graph.h"
#include "mace/plan/plan_options.h"

namespace mace {

// As JoinNodes does. The joined kernel saves a launch, but one compute unit does an image's work
// alone. The joined node has the name of the second Conv2D.
Status JoinExcitation(const DeviceInfo& device, const PlanOptions& options, Graph* graph);

}  // namespace mace

#endif  // MACE_PLAN_JOIN_EXCITATION_H_
