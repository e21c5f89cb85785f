// A graph and the op of each of its nodes. Attributes are parsed once, when the op is made.
//
// Thread contract: thread-compatible; graph and ops themselves do not change.
#ifndef MACE_PLAN_BOUND_GRAPH_H_
#define MACE_PLAN_BOUND_GRAPH_H_

#include <memory>
#include <vector>

#include "mace/base/status.h"
#include "mace/graph/graph.h"
#include "mace/ops/op.h"

namespace mace {

using OpList = std::vector<std::shared_ptr<const Op>>;

struct BoundGraph {
  std::shared_ptr<const Graph> graph;
  OpList ops;  // One for each node of graph.
};

// Errors: those of OpOf.
StatusOr<OpList> BindNodes(const Graph& graph);
StatusOr<BoundGraph> BindGraph(std::shared_ptr<const Graph> graph);

// A graph that holds only this node and its constants. The values that the node reads and makes are
// the graph's inputs and outputs, in the node's order, each one once.
std::shared_ptr<const Graph> GraphOfNode(const Graph& graph, const Node& node);

// GraphOfNode with the node's op, which both graphs share.
BoundGraph BoundNode(const BoundGraph& bound, size_t node);

// The values that are the inputs of GraphOfNode, in their order.
std::vector<ValueId> InputsOfNode(const Graph& graph, const Node& node);

// The op's view of the node: types and shapes of inputs and outputs, and constants.
std::vector<OpInput> MakeOpInputs(const Graph& graph, const Node& node);
std::vector<TensorInfo> MakeOutputInfos(const Graph& graph, const Node& node);

}  // namespace mace

#endif  // MACE_PLAN_BOUND_GRAPH_H_
