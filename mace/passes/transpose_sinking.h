// Which nodes can work on tensors of another order, and what becomes of their attributes.
//
// Thread contract: thread-compatible.
#ifndef MACE_PASSES_TRANSPOSE_SINKING_H_
#define MACE_PASSES_TRANSPOSE_SINKING_H_

#include <cstddef>
#include <optional>
#include <vector>

#include "mace/graph/graph.h"
#include "mace/passes/permutation.h"

namespace mace {

// A node that works on x' instead of x = Transpose(x', p).
struct SunkNode {
  AttributeMap attributes;
  // y = Transpose(y', p) for each output; an identity where y' is y already.
  std::vector<Permutation> outputs;
};

// How many of the node's first inputs are tensors whose order it does not care for; 0: it cares.
// The inputs behind them are parameters, which stay as they are.
size_t CountOrderFreeInputs(const Node& node);

// The node for inputs of the other order; nullopt where its attributes do not allow it.
// REQUIRES: CountOrderFreeInputs is above 0; the shapes of those inputs and of all outputs are
// known, and p.size() is the largest rank of those inputs.
std::optional<SunkNode> SinkTranspose(const Graph& graph, const Node& node, const Permutation& p);

}  // namespace mace

#endif  // MACE_PASSES_TRANSPOSE_SINKING_H_
