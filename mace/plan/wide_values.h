// Finds wide values, which half precision may not hold although it holds the values that they are
// computed from: squares, and sums and means of squares, up to the root that makes them small
// again; and sums of products of quantized integers (kIntegerSums), up to the product with their
// scale.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PLAN_WIDE_VALUES_H_
#define MACE_PLAN_WIDE_VALUES_H_

#include <vector>

#include "mace/graph/graph.h"

namespace mace {

// By value of the graph: whether it is wide.
std::vector<bool> FindWideValues(const Graph& graph);

// Whether the node adds squares of different inputs, as the magnitudes of a spectrum are computed
// from its real and imaginary parts. These parts are sums over a whole window of samples: half
// precision may not hold them either.
bool AddsSquares(const Node& node);

}  // namespace mace

#endif  // MACE_PLAN_WIDE_VALUES_H_
