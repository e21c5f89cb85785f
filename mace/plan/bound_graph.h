// A graph and the op of each of its nodes: attributes are parsed once, however often an op is asked
// later.
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

// The node with its constants; what it reads and makes are the graph's inputs and outputs, in the
// node's order, each once.
std::shared_ptr<const Graph> GraphOfNode(const Graph& graph, const Node& node);

// A graph of one node, with its op, which the two graphs then share.
BoundGraph BoundNode(const BoundGraph& bound, size_t node);

// The values that are the inputs of GraphOfNode, in their order.
std::vector<ValueId> InputsOfNode(const Graph& graph, const Node& node);

// What the op sees of its inputs and outputs.
std::vector<OpInput> MakeOpInputs(const Graph& graph, const Node& node);
std::vector<TensorInfo> MakeOutputInfos(const Graph& graph, const Node& node);

}  // namespace mace

#endif  // MACE_PLAN_BOUND_GRAPH_H_
