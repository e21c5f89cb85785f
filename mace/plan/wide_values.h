// Wide values: half precision may not hold them although it holds what they are computed from. They
// are squares, and sums and means of squares, up to the root that makes them small again.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PLAN_WIDE_VALUES_H_
#define MACE_PLAN_WIDE_VALUES_H_

#include <vector>

#include "mace/graph/graph.h"

namespace mace {

// For each value of the graph, whether it is a wide value.
std::vector<bool> FindWideValues(const Graph& graph);

}  // namespace mace

#endif  // MACE_PLAN_WIDE_VALUES_H_
