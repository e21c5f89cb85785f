#include "mace/passes/fuse_activation.h"

#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "mace/ops/elementwise/fused_activation.h"
#include "mace/passes/activation_attributes.h"
#include "mace/passes/graph_editor.h"

namespace mace {

namespace {

bool TakesActivation(const Node& node) {
  static const auto* types = new std::unordered_set<std::string>{
      "Conv2D",    "DepthwiseConv2d", "Deconv2D", "FullyConnected",
      "BatchNorm", "InstanceNorm",    "Eltwise"};
  return types->count(node.type) > 0 && node.outputs.size() == 1 && !HasActivation(node);
}

// An Eltwise CLIP to [0, m] is RELUX with that limit.
void ReadClip(const Node& node, Node* activation) {
  constexpr int64_t kClip = 12;
  const std::vector<double> bounds = node.attributes.GetFloats("coeff");
  if (node.attributes.GetInt("type", 0) != kClip || HasActivation(node) || bounds.size() != 2 ||
      bounds[0] != 0 || !(bounds[1] >= 0)) {
    return;
  }
  activation->attributes.Set("activation", std::string("RELUX"));
  activation->attributes.Set("max_limit", bounds[1]);
}

// The Unary functions that are activations too.
void ReadUnary(const Node& node, Node* activation) {
  const std::string function = node.attributes.GetString("function", "");
  for (const auto& [unary, name] :
       {std::pair("relu", "RELU"), std::pair("tanh", "TANH"), std::pair("sigmoid", "SIGMOID"),
        std::pair("silu", "SILU"), std::pair("hardswish", "HARDSWISH")}) {
    if (function == unary) activation->attributes.Set("activation", std::string(name));
  }
}

// The activation that the node applies to its only input, as attributes of another node; none where
// other nodes cannot take it. Parse refuses PRELU.
AttributeMap ReadActivation(const Node& node) {
  Node activation;
  if (node.inputs.size() != 1 || node.outputs.size() != 1) return {};
  if (node.type == "Activation" && FusedActivation::Parse(node.attributes).ok()) {
    MoveActivation(node, &activation);
  } else if (node.type == "Eltwise") {
    ReadClip(node, &activation);
  } else if (node.type == "Unary") {
    ReadUnary(node, &activation);
  }
  return activation.attributes;
}

void FuseInto(GraphEditor* editor, int index) {
  Node activation;
  activation.attributes = ReadActivation(editor->node(index));
  if (!activation.attributes.Has("activation")) return;
  const ValueId input = editor->node(index).inputs[0];
  const int producer = editor->Producer(input);
  if (producer < 0 || editor->SoleReader(input) != index ||
      !TakesActivation(editor->node(producer))) {
    return;
  }
  MoveActivation(activation, &editor->node(producer));
  editor->Absorb(producer, index);
}

}  // namespace

Status FuseActivation(Graph* graph) {
  GraphEditor editor(graph);
  for (int i = 0; i < editor.node_count(); ++i) FuseInto(&editor, i);
  editor.Finish();
  return Status::Ok();
}

}  // namespace mace
