#include "mace/passes/fuse_residual.h"

#include <algorithm>
#include <string>
#include <vector>

#include "mace/passes/activation_attributes.h"
#include "mace/passes/graph_editor.h"

namespace mace {

namespace {

constexpr int64_t kEltwiseSum = 0;
constexpr size_t kBiasInput = 2;

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

// The Conv2D that makes `id` for `sum` alone and can take a residual, which comes before a channel
// scale; -1 where there is none.
int FusibleConvolution(const GraphEditor& editor, ValueId id, int sum) {
  const int producer = editor.Producer(id);
  if (producer < 0 || editor.SoleReader(id) != sum) return -1;
  const Node& node = editor.node(producer);
  if (node.type != "Conv2D" || node.outputs.size() != 1 || node.inputs.size() < kBiasInput ||
      node.inputs.size() > kBiasInput + 1 || node.attributes.GetInt("residual", 0) != 0 ||
      node.attributes.GetInt("channel_scale", 0) != 0) {
    return -1;
  }
  return HasActivation(node) ? -1 : producer;
}

void FuseSum(GraphEditor* editor, int sum) {
  const ValueId a = editor->node(sum).inputs[0], b = editor->node(sum).inputs[1];
  if (!SameInfo(editor->graph(), a, b) ||
      !SameInfo(editor->graph(), a, editor->node(sum).outputs[0])) {
    return;
  }
  const int first = FusibleConvolution(*editor, a, sum);
  const int second = FusibleConvolution(*editor, b, sum);
  // The later one of two convolutions takes the sum, because the earlier one's result is there
  // already.
  const int convolution = std::max(first, second);
  if (convolution < 0) return;
  const ValueId residual = convolution == first ? b : a;
  if (HasActivation(editor->node(sum))) {
    MoveActivation(editor->node(sum), &editor->node(convolution));
  }
  const ValueId result = editor->node(sum).outputs[0];
  std::vector<ValueId> inputs = editor->node(convolution).inputs;
  inputs.resize(kBiasInput + 1, kNoValue);
  inputs.push_back(residual);
  editor->MoveOver(convolution, sum);
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
