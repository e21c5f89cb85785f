#include "mace/passes/simplify_reshape.h"

#include <string>
#include <unordered_set>
#include <vector>

#include "mace/passes/graph_editor.h"

namespace mace {

namespace {

// Ops that give the input's elements another shape and do nothing else.
bool IsReshape(const Node& node) {
  static const auto* types = new std::unordered_set<std::string>{"Reshape", "Squeeze", "Unsqueeze",
                                                                 "ExpandDims", "Flatten"};
  return types->count(node.type) > 0 && node.outputs.size() == 1 && !node.inputs.empty() &&
         node.inputs[0] != kNoValue;
}

bool SameInfo(const Value& a, const Value& b) {
  return a.shape_known && b.shape_known && a.info == b.info;
}

// Whether the node's result is its first input, element for element, shape and type.
bool ChangesNothing(const Graph& graph, const Node& node) {
  if (node.outputs.size() != 1 || node.inputs.empty() || node.inputs[0] == kNoValue) return false;
  if (node.type == "Identity") return true;
  return (IsReshape(node) || node.type == "Cast") &&
         SameInfo(graph.value(node.inputs[0]), graph.value(node.outputs[0]));
}

// The shape goes from the second input or the axes into `dim`. A zero there would mean "as the
// input", so empty tensors stay.
void MakeStatic(GraphEditor* editor, int index) {
  Node& node = editor->node(index);
  const Value& result = editor->graph().value(node.outputs[0]);
  if (!result.shape_known || result.info.shape.elements() == 0) return;
  node.type = "Reshape";
  node.attributes = AttributeMap();
  node.attributes.Set("dim", result.info.shape.dims());
  editor->SetInputs(index, {node.inputs[0]});
}

void SkipReshapes(GraphEditor* editor, int index) {
  const ValueId input = editor->node(index).inputs[0];
  const int producer = editor->Producer(input);
  if (producer < 0 || !IsReshape(editor->node(producer)) ||
      !editor->node(index).attributes.Has("dim") || editor->node(index).inputs.size() != 1) {
    return;
  }
  // A static reshape names all extents, so it can read any tensor of as many elements.
  editor->SetInputs(index, {editor->node(producer).inputs[0]});
}

}  // namespace

Status SimplifyReshape(Graph* graph) {
  GraphEditor editor(graph);
  for (int i = 0; i < editor.node_count(); ++i) {
    if (IsReshape(editor.node(i))) {
      MakeStatic(&editor, i);
      SkipReshapes(&editor, i);
    }
    if (!ChangesNothing(editor.graph(), editor.node(i))) continue;
    const ValueId from = editor.node(i).outputs[0], to = editor.node(i).inputs[0];
    if (!editor.CanReplaceUses(from, to)) continue;
    editor.ReplaceUses(from, to);
    editor.Remove(i);
  }
  editor.Finish();
  return Status::Ok();
}

}  // namespace mace
