#include "mace/passes/fuse_activation.h"

#include <string>
#include <unordered_set>

#include "mace/ops/fused_activation.h"
#include "mace/passes/activation_attributes.h"
#include "mace/passes/graph_editor.h"

namespace mace {

namespace {

bool TakesActivation(const Node& node) {
  static const auto* types = new std::unordered_set<std::string>{
      "Conv2D", "DepthwiseConv2d", "Deconv2D", "FullyConnected", "BatchNorm"};
  return types->count(node.type) > 0 && node.outputs.size() == 1 && !HasActivation(node);
}

bool IsFusible(const Node& node) {
  if (node.type != "Activation" || node.inputs.size() != 1) return false;
  // Parse refuses PRELU.
  return FusedActivation::Parse(node.attributes).ok();
}

}  // namespace

Status FuseActivation(Graph* graph) {
  GraphEditor editor(graph);
  for (int i = 0; i < editor.node_count(); ++i) {
    if (editor.removed(i) || !IsFusible(editor.node(i))) continue;
    const ValueId input = editor.node(i).inputs[0];
    const int producer = editor.Producer(input);
    if (producer < 0 || editor.SoleReader(input) != i || !TakesActivation(editor.node(producer))) {
      continue;
    }
    MoveActivation(editor.node(i), &editor.node(producer));
    editor.Absorb(producer, i);
  }
  editor.Finish();
  return Status::Ok();
}

}  // namespace mace
