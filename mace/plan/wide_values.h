// Values that half precision does not hold though what they are made of fits: squares, and sums and
// means of squares, up to the root that brings them back.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PLAN_WIDE_VALUES_H_
#define MACE_PLAN_WIDE_VALUES_H_

#include <vector>

#include "mace/graph/graph.h"

namespace mace {

// For each value of the graph whether it is one.
std::vector<bool> FindWideValues(const Graph& graph);

}  // namespace mace

#endif  // MACE_PLAN_WIDE_VALUES_H_
