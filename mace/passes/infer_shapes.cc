#include "mace/passes/infer_shapes.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/ops/infer.h"

namespace mace {

namespace {

Status CheckNames(const Graph& graph, const std::map<std::string, Shape>& input_shapes) {
  for (const auto& [name, shape] : input_shapes) {
    bool found = false;
    for (const GraphPort& port : graph.inputs) found = found || port.name == name;
    if (found) continue;
    std::vector<std::string> names;
    for (const GraphPort& port : graph.inputs) names.push_back("'" + Printable(port.name) + "'");
    return InvalidArgument("input shape: '" + Printable(name) + "': expected one of " +
                           Join(names, ", "));
  }
  return Status::Ok();
}

StatusOr<Shape> InputShape(const GraphPort& port,
                           const std::map<std::string, Shape>& input_shapes) {
  const auto given = input_shapes.find(port.name);
  // A Shape can be built without a check, so those of the caller are checked here too.
  if (given != input_shapes.end()) return Shape::Make(given->second.dims());
  if (!port.declared_dims) return InvalidArgument("expected a shape from the caller, found none");
  for (int64_t extent : *port.declared_dims) {
    if (extent < 0) {
      return InvalidArgument("expected a shape from the caller, found only the declared " +
                             Shape(*port.declared_dims).ToString() + " with an open extent");
    }
  }
  return Shape::Make(*port.declared_dims);
}

bool MakesGraphOutput(const Graph& graph, const Node& node) {
  for (ValueId id : node.outputs) {
    if (graph.IsGraphOutput(id)) return true;
  }
  return false;
}

// A graph output stays the result of a node, while those that come later read its constant.
void SplitFromOutputs(Graph* graph, const Node& node, size_t first_reader) {
  for (ValueId id : node.outputs) {
    const std::string name = graph->value(id).name + "/constant";
    const ValueId constant = graph->AddConstant(name, *graph->value(id).constant);
    graph->value(id).constant.reset();
    for (size_t i = first_reader; i < graph->nodes.size(); ++i) {
      std::vector<ValueId>& inputs = graph->nodes[i].inputs;
      std::replace(inputs.begin(), inputs.end(), id, constant);
    }
  }
}

}  // namespace

Status InferShapes(Graph* graph, const std::map<std::string, Shape>& input_shapes) {
  MACE_RETURN_IF_ERROR(CheckNames(*graph, input_shapes));
  for (const GraphPort& port : graph->inputs) {
    StatusOr<Shape> shape = InputShape(port, input_shapes);
    if (!shape.ok()) return shape.status().WithPrefix("input '" + Printable(port.name) + "'");
    Value& value = graph->value(port.value);
    value.info = {port.dtype, *std::move(shape)};
    value.shape_known = true;
  }
  std::vector<Node> kept;
  kept.reserve(graph->nodes.size());
  for (size_t i = 0; i < graph->nodes.size(); ++i) {
    Node& node = graph->nodes[i];
    MACE_ASSIGN_OR_RETURN(const bool folded, InferNode(graph, node, Folding::kOn));
    const bool keep = MakesGraphOutput(*graph, node);
    if (folded && keep) SplitFromOutputs(graph, node, i + 1);
    if (!folded || keep) kept.push_back(std::move(node));
  }
  graph->nodes = std::move(kept);
  return Status::Ok();
}

}  // namespace mace
