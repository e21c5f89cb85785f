#include "mace/passes/fuse_channel_scale.h"

#include <utility>
#include <vector>

#include "mace/passes/graph_editor.h"
#include "mace/passes/product.h"
#include "mace/passes/weight_inputs.h"

namespace mace {

namespace {

bool CanTakeChannelScale(const Graph& graph, const Node& node) {
  if (node.type != "Conv2D" || node.outputs.size() != 1 || node.inputs.size() <= kFilterInput ||
      node.inputs[kFilterInput] == kNoValue || node.attributes.GetInt("group", 1) != 1 ||
      node.attributes.GetInt("channel_scale", 0) != 0) {
    return false;
  }
  const Value& filter = graph.value(node.inputs[kFilterInput]);
  return filter.shape_known && filter.info.shape.rank() == 4 &&
         filter.info.shape.elements(2, 4) == 1;
}

bool IsChannelScaleOf(const Graph& graph, ValueId scale_id, ValueId x_id) {
  const Value &channel_scale = graph.value(scale_id), &x = graph.value(x_id);
  if (!channel_scale.shape_known || !x.shape_known || channel_scale.info.dtype != x.info.dtype ||
      graph.IsConstant(scale_id)) {
    return false;
  }
  const Shape &of_scale = channel_scale.info.shape, &of_x = x.info.shape;
  return of_x.rank() == 4 && of_x.elements(1, 3) > 1 &&
         of_scale == Shape{of_x.dim(0), 1, 1, of_x.dim(3)};
}

void FuseProduct(GraphEditor* editor, int product) {
  const ValueId result = editor->node(product).outputs[0];
  const int convolution = editor->SoleReader(result);
  if (convolution < 0 || !CanTakeChannelScale(editor->graph(), editor->node(convolution)) ||
      editor->node(convolution).inputs[0] != result) {
    return;
  }
  ValueId x = editor->node(product).inputs[0], channel_scale = editor->node(product).inputs[1];
  if (!IsChannelScaleOf(editor->graph(), channel_scale, x)) std::swap(x, channel_scale);
  if (!IsChannelScaleOf(editor->graph(), channel_scale, x)) return;
  std::vector<ValueId> inputs = editor->node(convolution).inputs;
  inputs[0] = x;
  if (inputs.size() == kBiasInput) inputs.push_back(kNoValue);
  inputs.push_back(channel_scale);
  editor->SetInputs(convolution, std::move(inputs));
  editor->node(convolution).attributes.Set("channel_scale", int64_t{1});
  editor->Remove(product);
}

}  // namespace

Status FuseChannelScale(Graph* graph) {
  GraphEditor editor(graph);
  for (int i = 0; i < editor.node_count(); ++i) {
    if (!editor.removed(i) && IsPlainProduct(editor.node(i))) FuseProduct(&editor, i);
  }
  editor.Finish();
  return Status::Ok();
}

}  // namespace mace
