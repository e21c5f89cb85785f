// Plans for some of a model's outputs.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_ENGINE_OUTPUT_SET_H_
#define MACE_ENGINE_OUTPUT_SET_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "mace/base/status.h"
#include "mace/graph/graph.h"

namespace mace {

// By index of the model's outputs, whether it is in the set. Empty: all of them.
using OutputSet = std::vector<bool>;

// The outputs of a plan for those that are wanted: all (an empty set) where every node of the graph
// serves a wanted output, so that a plan of its own would leave nothing out.
// REQUIRES: wanted.size() == graph.outputs.size().
OutputSet OutputsToPlan(const Graph& graph, const std::vector<bool>& wanted);

// The indices of the set's members, in order.
std::vector<size_t> IndicesOf(const OutputSet& outputs, size_t count);

// The graph with the outputs of the set alone, and without the nodes that serve others alone. It
// has all inputs, and shares the constants.
StatusOr<std::shared_ptr<const Graph>> WithOutputs(const Graph& graph, const OutputSet& outputs);

}  // namespace mace

#endif  // MACE_ENGINE_OUTPUT_SET_H_
