// Sets of a model's outputs, and the graphs that compute only these outputs.
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

// For each output of the model, whether it is in the set. Empty: all outputs are in the set.
using OutputSet = std::vector<bool>;

// The outputs of the plan for the wanted outputs. This is the set of all outputs (an empty
// OutputSet) if every node of the graph is needed for a wanted output, because a plan for the
// wanted outputs alone would then save nothing.
// REQUIRES: wanted.size() == graph.outputs.size().
OutputSet OutputsToPlan(const Graph& graph, const std::vector<bool>& wanted);

// The indices of the outputs in the set, in ascending order. `count` is the number of the model's
// outputs.
std::vector<size_t> IndicesOf(const OutputSet& outputs, size_t count);

// A copy of the graph that has only the outputs in the set, and only the nodes that these outputs
// need. The copy has all inputs and shares the constants.
StatusOr<std::shared_ptr<const Graph>> WithOutputs(const Graph& graph, const OutputSet& outputs);

}  // namespace mace

#endif  // MACE_ENGINE_OUTPUT_SET_H_
