#include "mace/passes/fuse_gate.h"

#include <utility>
#include <vector>

#include "mace/passes/graph_editor.h"
#include "mace/passes/product.h"

namespace mace {

namespace {

constexpr size_t kFilterInput = 1;
constexpr size_t kBiasInput = 2;

bool CanTakeGate(const Graph& graph, const Node& node) {
  if (node.type != "Conv2D" || node.outputs.size() != 1 || node.inputs.size() <= kFilterInput ||
      node.inputs[kFilterInput] == kNoValue || node.attributes.GetInt("group", 1) != 1 ||
      node.attributes.GetInt("gate", 0) != 0) {
    return false;
  }
  const Value& filter = graph.value(node.inputs[kFilterInput]);
  return filter.shape_known && filter.info.shape.rank() == 4 &&
         filter.info.shape.elements(2, 4) == 1;
}

bool IsGateOf(const Graph& graph, ValueId gate_id, ValueId x_id) {
  const Value &gate = graph.value(gate_id), &x = graph.value(x_id);
  if (!gate.shape_known || !x.shape_known || gate.info.dtype != x.info.dtype ||
      graph.IsConstant(gate_id)) {
    return false;
  }
  const Shape &of_gate = gate.info.shape, &of_x = x.info.shape;
  return of_x.rank() == 4 && of_x.elements(1, 3) > 1 &&
         of_gate == Shape{of_x.dim(0), 1, 1, of_x.dim(3)};
}

void FuseProduct(GraphEditor* editor, int product) {
  const ValueId result = editor->node(product).outputs[0];
  const int convolution = editor->SoleReader(result);
  if (convolution < 0 || !CanTakeGate(editor->graph(), editor->node(convolution)) ||
      editor->node(convolution).inputs[0] != result) {
    return;
  }
  ValueId x = editor->node(product).inputs[0], gate = editor->node(product).inputs[1];
  if (!IsGateOf(editor->graph(), gate, x)) std::swap(x, gate);
  if (!IsGateOf(editor->graph(), gate, x)) return;
  std::vector<ValueId> inputs = editor->node(convolution).inputs;
  inputs[0] = x;
  if (inputs.size() == kBiasInput) inputs.push_back(kNoValue);
  inputs.push_back(gate);
  editor->SetInputs(convolution, std::move(inputs));
  editor->node(convolution).attributes.Set("gate", int64_t{1});
  editor->Remove(product);
}

}  // namespace

Status FuseGate(Graph* graph) {
  GraphEditor editor(graph);
  for (int i = 0; i < editor.node_count(); ++i) {
    if (!editor.removed(i) && IsPlainProduct(editor.node(i))) FuseProduct(&editor, i);
  }
  editor.Finish();
  return Status::Ok();
}

}  // namespace mace
