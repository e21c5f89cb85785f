// The precision that each node of a graph computes in.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PLAN_NODE_PRECISIONS_H_
#define MACE_PLAN_NODE_PRECISIONS_H_

#include <vector>

#include "mace/plan/bound_graph.h"

namespace mace {

// For each node the precision that its kernels read and write: the one asked for, but float32 for
// what makes the graph's outputs, back through ops that work element by element, and in half
// precision for what makes or reads wide values (wide_values.h).
std::vector<Precision> NodePrecisions(const Graph& graph, const OpList& ops, Precision precision);

}  // namespace mace

#endif  // MACE_PLAN_NODE_PRECISIONS_H_
