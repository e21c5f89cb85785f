#include "mace/passes/fold_constants.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "mace/ops/infer.h"
#include "mace/ops/op.h"
#include "mace/passes/graph_editor.h"

namespace mace {

namespace {

// A result above this stays a node: a Tile or Expand of a small constant would cost memory and load
// time instead of a launch.
constexpr size_t kMaxFoldedBytes = size_t{256} << 20;
// A result may be this many times larger than what it is made from, and small ones any size.
constexpr size_t kMaxGrowth = 4;
constexpr size_t kSmallBytes = size_t{1} << 20;

// Its outputs hold what no input does: evaluating it once would freeze them.
bool IsRandom(const Node& node) { return node.type.compare(0, 6, "Random") == 0; }

bool AllInputsConstant(const Graph& graph, const Node& node) {
  for (ValueId id : node.inputs) {
    if (id != kNoValue && !graph.IsConstant(id)) return false;
  }
  return true;
}

bool MakesGraphOutput(const Graph& graph, const Node& node) {
  for (ValueId id : node.outputs) {
    if (graph.IsGraphOutput(id)) return true;
  }
  return false;
}

bool IsWorthIt(const std::vector<OpInput>& inputs, const std::vector<TensorInfo>& outputs) {
  size_t bytes_in = 0, bytes_out = 0;
  for (const OpInput& input : inputs) bytes_in += input.present ? input.info.bytes() : 0;
  for (const TensorInfo& output : outputs) {
    if (output.bytes() > kMaxFoldedBytes) return false;
    bytes_out += output.bytes();
  }
  return bytes_out <= kSmallBytes || bytes_out / kMaxGrowth <= bytes_in;
}

// The constants as a reference takes them.
StatusOr<std::vector<HostTensor>> ReferenceArguments(const Graph& graph, const Node& node) {
  std::vector<HostTensor> arguments;
  for (ValueId id : node.inputs) {
    if (id == kNoValue) {
      arguments.emplace_back();
      continue;
    }
    MACE_ASSIGN_OR_RETURN(HostTensor argument, graph.value(id).constant->ToReferenceOperand());
    arguments.push_back(std::move(argument));
  }
  return arguments;
}

// Inputs for inference that describe the arguments, not the stored constants: an op that keeps its
// input's type must not promise halves where its reference writes floats.
std::vector<OpInput> DescribeArguments(const Node& node, const std::vector<HostTensor>& arguments) {
  std::vector<OpInput> inputs(arguments.size());
  for (size_t i = 0; i < arguments.size(); ++i) {
    inputs[i].present = node.inputs[i] != kNoValue;
    if (!inputs[i].present) continue;
    inputs[i].info = arguments[i].info();
    inputs[i].constant = &arguments[i];
  }
  return inputs;
}

// Whether references write results of these types.
bool AreReferenceTypes(const std::vector<TensorInfo>& infos) {
  return std::none_of(infos.begin(), infos.end(), [](const TensorInfo& info) {
    return IsFloat(info.dtype) && info.dtype != DType::kFloat32;
  });
}

// True where the outputs became constants.
StatusOr<bool> Evaluate(Graph* graph, const Node& node) {
  MACE_ASSIGN_OR_RETURN(const std::unique_ptr<Op> op, MakeOp(node));
  MACE_ASSIGN_OR_RETURN(const std::vector<HostTensor> arguments, ReferenceArguments(*graph, node));
  const std::vector<OpInput> inputs = DescribeArguments(node, arguments);
  std::vector<TensorInfo> infos;
  MACE_RETURN_IF_ERROR(op->Infer(inputs, &infos));
  if (infos.size() != node.outputs.size() || !IsWorthIt(inputs, infos)) return false;
  if (!AreReferenceTypes(infos)) return false;
  MACE_ASSIGN_OR_RETURN(std::vector<HostTensor> results, AllocateTensors(infos));
  MACE_RETURN_IF_ERROR(op->Reference(arguments, &results));
  for (size_t i = 0; i < results.size(); ++i) {
    Value& value = graph->value(node.outputs[i]);
    value.info = results[i].info();
    value.shape_known = true;
    value.constant = std::move(results[i]);
  }
  return true;
}

StatusOr<bool> FoldNode(Graph* graph, const Node& node) {
  if (node.inputs.empty() || IsRandom(node) || MakesGraphOutput(*graph, node)) return false;
  if (AllInputsConstant(*graph, node)) {
    StatusOr<bool> folded = Evaluate(graph, node);
    if (!folded.ok()) {
      return folded.status().WithPrefix("node '" + node.name + "' (" + node.type + ")");
    }
    return folded;
  }
  const ValueId source = node.inputs[0];
  if (node.type == "Shape" && source != kNoValue && graph->value(source).shape_known) {
    return InferNode(graph, node, Folding::kOn);
  }
  return false;
}

}  // namespace

Status FoldConstants(Graph* graph) {
  std::vector<Node> kept;
  kept.reserve(graph->nodes.size());
  for (Node& node : graph->nodes) {
    MACE_ASSIGN_OR_RETURN(const bool folded, FoldNode(graph, node));
    if (!folded) kept.push_back(std::move(node));
  }
  graph->nodes = std::move(kept);
  return Status::Ok();
}

}  // namespace mace
