#include "mace/passes/fuse_residual.h"

#include <algorithm>
#include <string>
#include <vector>

#include "mace/passes/activation_attributes.h"
#include "mace/passes/graph_editor.h"
#include "mace/passes/weight_inputs.h"

namespace mace {

namespace {

constexpr int64_t kEltwiseSum = 0;

bool IsPlainSum(const Node& node) {
  if (node.inputs.size() != 2 || node.outputs.size() != 1) return false;
  if (node.inputs[0] == kNoValue || node.inputs[1] == kNoValue) return false;
  if (node.type == "AddN") return !HasActivation(node);
  if (node.type != "Eltwise" || node.attributes.GetInt("type", kEltwiseSum) != kEltwiseSum) {
    return false;
  }
  const std::vector<double> weights = node.attributes.GetFloats("coeff");
  return std::all_of(weights.begin(), weights.end(), [](double weight) { return weight == 1; });
}

bool SameInfo(const Graph& graph, ValueId a, ValueId b) {
  const Value &x = graph.value(a), &y = graph.value(b);
  return x.shape_known && y.shape_known && x.info == y.info;
}

// Whether the MatMul is rows of an activation times one constant matrix: such a product runs as a
// convolution, whose kernels take a residual.
bool MultipliesByWeights(const Graph& graph, const Node& node) {
  const ValueId bias = node.inputs.size() > kBiasInput ? node.inputs[kBiasInput] : kNoValue;
  const Value &a = graph.value(node.inputs[0]), &b = graph.value(node.inputs[1]);
  if (!a.shape_known || !b.shape_known || graph.IsConstant(node.inputs[0]) ||
      !graph.IsConstant(node.inputs[1]) || node.attributes.GetInt("transpose_a", 0) != 0) {
    return false;
  }
  const Shape& weights = b.info.shape;
  const bool is_matrix =
      weights.rank() >= 2 && weights.elements() == weights.back(0) * weights.back(1);
  const int64_t columns = weights.back(node.attributes.GetInt("transpose_b", 0) != 0 ? 1 : 0);
  return is_matrix && a.info.shape.rank() >= std::max(2, weights.rank()) &&
         (bias == kNoValue ||
          (graph.IsConstant(bias) && graph.value(bias).info.shape == Shape({columns})));
}

// Whether nodes of this type can take a residual, which comes before a channel scale and an
// activation.
bool TakesResidual(const Graph& graph, const Node& node, bool activated) {
  if (HasActivation(node) || node.inputs.size() < kBiasInput ||
      node.inputs.size() > kBiasInput + 1 || node.attributes.GetInt("residual", 0) != 0 ||
      node.attributes.GetInt("channel_scale", 0) != 0) {
    return false;
  }
  if (node.type == "Conv2D") return true;
  return node.type == "MatMul" && !activated && MultipliesByWeights(graph, node);
}

// The node that makes `id` for `sum` alone and can take a residual; -1 where there is none.
int FusibleProducer(const GraphEditor& editor, ValueId id, int sum) {
  const int producer = editor.Producer(id);
  if (producer < 0 || editor.SoleReader(id) != sum) return -1;
  const bool activated = HasActivation(editor.node(sum));
  return TakesResidual(editor.graph(), editor.node(producer), activated) ? producer : -1;
}

void FuseSum(GraphEditor* editor, int sum) {
  const ValueId a = editor->node(sum).inputs[0], b = editor->node(sum).inputs[1];
  if (!SameInfo(editor->graph(), a, b) ||
      !SameInfo(editor->graph(), a, editor->node(sum).outputs[0])) {
    return;
  }
  const int first = FusibleProducer(*editor, a, sum);
  const int second = FusibleProducer(*editor, b, sum);
  // The later one of two takes the sum, because the earlier one's result is there already.
  const int producer = std::max(first, second);
  if (producer < 0) return;
  const ValueId residual = producer == first ? b : a;
  if (HasActivation(editor->node(sum))) {
    MoveActivation(editor->node(sum), &editor->node(producer));
  }
  const ValueId result = editor->node(sum).outputs[0];
  std::vector<ValueId> inputs = editor->node(producer).inputs;
  inputs.resize(kBiasInput + 1, kNoValue);
  inputs.push_back(residual);
  editor->MoveOver(producer, sum);
  editor->SetInputs(sum, std::move(inputs));
  editor->SetOutput(sum, result);
  editor->node(sum).attributes.Set("residual", int64_t{1});
}

}  // namespace

Status FuseResidual(Graph* graph) {
  GraphEditor editor(graph);
  for (int i = 0; i < editor.node_count(); ++i) {
    if (!editor.removed(i) && IsPlainSum(editor.node(i))) FuseSum(&editor, i);
  }
  editor.Finish();
  return Status::Ok();
}

}  // namespace mace
