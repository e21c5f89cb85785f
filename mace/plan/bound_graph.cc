#include "mace/plan/bound_graph.h"

#include <algorithm>
#include <map>
#include <utility>

namespace mace {

StatusOr<OpList> BindNodes(const Graph& graph) {
  OpList ops;
  ops.reserve(graph.nodes.size());
  for (const Node& node : graph.nodes) {
    MACE_ASSIGN_OR_RETURN(std::shared_ptr<const Op> op, OpOf(node));
    ops.push_back(std::move(op));
  }
  return ops;
}

StatusOr<BoundGraph> BindGraph(std::shared_ptr<const Graph> graph) {
  MACE_ASSIGN_OR_RETURN(OpList ops, BindNodes(*graph));
  return BoundGraph{std::move(graph), std::move(ops)};
}

std::shared_ptr<const Graph> GraphOfNode(const Graph& graph, const Node& node) {
  auto alone = std::make_shared<Graph>();
  std::map<ValueId, ValueId> ids;
  const auto add_port = [&](ValueId id, std::vector<IoInfo>* infos) {
    const Value& value = graph.value(id);
    ids[id] = alone->AddValue(value.name);
    alone->value(ids[id]).info = value.info;
    alone->value(ids[id]).shape_known = true;
    IoInfo io;
    io.name = value.name;
    io.value = ids[id];
    infos->push_back(std::move(io));
  };
  Node copy = node;
  for (ValueId& id : copy.inputs) {
    if (id == kNoValue) continue;
    if (ids.count(id) == 0 && graph.IsConstant(id)) {
      ids[id] = alone->AddConstant(graph.value(id).name, *graph.value(id).constant);
    } else if (ids.count(id) == 0) {
      add_port(id, &alone->inputs);
    }
    id = ids[id];
  }
  for (ValueId& id : copy.outputs) {
    add_port(id, &alone->outputs);
    id = ids[id];
  }
  alone->nodes.push_back(std::move(copy));
  return alone;
}

BoundGraph BoundNode(const BoundGraph& bound, size_t node) {
  return {GraphOfNode(*bound.graph, bound.graph->nodes[node]), {bound.ops[node]}};
}

std::vector<ValueId> InputsOfNode(const Graph& graph, const Node& node) {
  std::vector<ValueId> inputs;
  for (ValueId id : node.inputs) {
    if (id == kNoValue || graph.IsConstant(id)) continue;
    if (std::find(inputs.begin(), inputs.end(), id) == inputs.end()) inputs.push_back(id);
  }
  return inputs;
}

std::vector<OpInput> MakeOpInputs(const Graph& graph, const Node& node) {
  std::vector<OpInput> inputs;
  for (ValueId id : node.inputs) {
    OpInput input;
    if (id == kNoValue) {
      input.present = false;
    } else {
      const Value& value = graph.value(id);
      input.info = value.info;
      if (value.constant.has_value()) input.constant = &*value.constant;
    }
    inputs.push_back(input);
  }
  return inputs;
}

std::vector<TensorInfo> MakeOutputInfos(const Graph& graph, const Node& node) {
  std::vector<TensorInfo> infos;
  for (ValueId id : node.outputs) infos.push_back(graph.value(id).info);
  return infos;
}

}  // namespace mace
