#include "mace/passes/recognize_swish.h"

#include <string>
#include <utility>

#include "mace/ops/elementwise/fused_activation.h"
#include "mace/passes/graph_editor.h"
#include "mace/passes/product.h"

namespace mace {

namespace {

// The activation that x times the sigmoid `node` of x is; its kind is kNone where there is none.
FusedActivation ProductWith(const Node& node) {
  FusedActivation product;
  if (node.inputs.size() != 1 || node.outputs.size() != 1) return product;
  if (node.type == "Unary" && node.attributes.GetString("function", "") == "sigmoid") {
    product.kind = FusedActivation::Kind::kSilu;
  }
  if (node.type != "Activation") return product;
  const auto sigmoid = FusedActivation::Parse(node.attributes);
  if (!sigmoid.ok()) return product;
  if (sigmoid->kind == FusedActivation::Kind::kSigmoid) {
    product.kind = FusedActivation::Kind::kSilu;
  } else if (sigmoid->kind == FusedActivation::Kind::kHardSigmoid) {
    product = *sigmoid;
    product.kind = FusedActivation::Kind::kHardSwish;
  }
  return product;
}

void Rewrite(GraphEditor* editor, int product) {
  for (size_t at : {size_t{0}, size_t{1}}) {
    const Node& node = editor->node(product);
    const ValueId sigmoid = node.inputs[at], x = node.inputs[1 - at];
    const int producer = editor->Producer(sigmoid);
    if (producer < 0 || editor->SoleReader(sigmoid) != product) continue;
    const FusedActivation found = ProductWith(editor->node(producer));
    if (found.kind == FusedActivation::Kind::kNone || editor->node(producer).inputs[0] != x) {
      continue;
    }
    AttributeMap attributes;
    if (found.kind == FusedActivation::Kind::kSilu) {
      attributes.Set("activation", std::string("SILU"));
    } else {
      attributes.Set("activation", std::string("HARDSWISH"));
      attributes.Set("hardsigmoid_alpha", double{found.a});
      attributes.Set("hardsigmoid_beta", double{found.b});
    }
    editor->SetInputs(product, {x});
    editor->node(product).type = "Activation";
    editor->node(product).attributes = std::move(attributes);
    editor->Remove(producer);
    return;
  }
}

}  // namespace

Status RecognizeSwish(Graph* graph) {
  GraphEditor editor(graph);
  for (int i = 0; i < editor.node_count(); ++i) {
    if (!editor.removed(i) && IsPlainProduct(editor.node(i))) Rewrite(&editor, i);
  }
  editor.Finish();
  return Status::Ok();
}

}  // namespace mace
