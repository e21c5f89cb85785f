#include "mace/plan/node_precisions.h"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>

#include "mace/ops/conv/int8_convolution.h"
#include "mace/plan/wide_values.h"

namespace mace {
namespace {

// Whether the node moves elements or computes each output element from one element of each input.
// The rounding of its inputs then appears in full in its outputs, whereas a sum of many products
// averages it out.
bool IsElementwise(const Graph& graph, const Node& node, const Op& op) {
  const std::vector<TensorInfo> outputs = MakeOutputInfos(graph, node);
  double elements = 0;
  for (const TensorInfo& output : outputs) elements += static_cast<double>(output.shape.elements());
  const double steps = static_cast<double>(std::max<size_t>(1, node.steps.size()));
  return op.EstimateCost(MakeOpInputs(graph, node), outputs).flops <= 2 * elements * steps;
}

bool StepRounds(const Node& node) {
  static const auto* const kFunctions = new std::unordered_set<std::string>{
      "round", "floor", "ceil", "round_to_int8", "round_to_scale"};
  if (node.type == "Unary") {
    return kFunctions->count(node.attributes.GetString("function", "")) > 0;
  }
  if (node.type == "DynamicQuantizeLstm") return true;
  // A convolution that has taken in the rounding of its result.
  const StatusOr<std::optional<Int8Convolution>> int8 = Int8Convolution::Parse(node.attributes);
  return int8.ok() && int8->has_value();
}

// Whether the node rounds numbers to whole ones or to quantized levels. Where a number lies halfway
// between two, the rounding of half precision before it becomes a whole step.
bool Rounds(const Node& node) {
  if (node.steps.empty()) return StepRounds(node);
  return std::any_of(node.steps.begin(), node.steps.end(), StepRounds);
}

// Whether the node moves elements of its inputs or picks among them.
bool Moves(const Node& node) {
  static const auto* const kTypes = new std::unordered_set<std::string>{
      "Concat",  "DepthToSpace", "ExpandDims", "Gather",       "Identity", "Pad",
      "Pooling", "Reshape",      "Slice",      "SpaceToDepth", "Split",    "Squeeze",
      "Stack",   "StridedSlice", "Tile",       "Transpose",    "Unsqueeze"};
  return kTypes->count(node.type) > 0;
}

// Marks the nodes that make a value of `exact` (by value), nodes that `reads_exact` is true for, and
// nodes that make what either of them reads: of the former if they are element-wise.
std::vector<bool> FindExactNodes(const Graph& graph, const OpList& ops, std::vector<bool> exact,
                                 bool (*reads_exact)(const Node&)) {
  std::vector<bool> marks(graph.nodes.size(), false);
  for (size_t n = graph.nodes.size(); n-- > 0;) {
    const Node& node = graph.nodes[n];
    const bool makes = std::any_of(node.outputs.begin(), node.outputs.end(),
                                   [&](ValueId id) { return exact[static_cast<size_t>(id)]; });
    const bool reads = reads_exact != nullptr && reads_exact(node);
    if (!makes && !reads) continue;
    marks[n] = true;
    if (!reads && !IsElementwise(graph, node, *ops[n])) continue;
    for (ValueId id : node.inputs) {
      if (id != kNoValue) exact[static_cast<size_t>(id)] = true;
    }
  }
  return marks;
}

// Marks nodes that move what was rounded, because the nodes that read it make the next number to be
// rounded.
void MarkMovesOfRounded(const Graph& graph, std::vector<bool>* marks) {
  std::vector<bool> rounded(graph.values.size(), false);
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    const bool reads = std::any_of(node.inputs.begin(), node.inputs.end(), [&](ValueId id) {
      return id != kNoValue && rounded[static_cast<size_t>(id)];
    });
    if (!Rounds(node) && !(reads && Moves(node))) continue;
    (*marks)[n] = true;
    for (ValueId id : node.outputs) rounded[static_cast<size_t>(id)] = true;
  }
}

// Marks nodes that make or read a wide value (wide_values.h).
void MarkWideValues(const Graph& graph, std::vector<bool>* marks) {
  const std::vector<bool> wide = FindWideValues(graph);
  const auto is_wide = [&](ValueId id) { return id != kNoValue && wide[static_cast<size_t>(id)]; };
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    if (std::any_of(node.inputs.begin(), node.inputs.end(), is_wide) ||
        std::any_of(node.outputs.begin(), node.outputs.end(), is_wide)) {
      (*marks)[n] = true;
    }
  }
}

}  // namespace

std::vector<bool> FindRoundedNodes(const Graph& graph, const OpList& ops) {
  std::vector<bool> marks =
      FindExactNodes(graph, ops, std::vector<bool>(graph.values.size(), false), Rounds);
  MarkMovesOfRounded(graph, &marks);
  return marks;
}

std::vector<Precision> NodePrecisions(const Graph& graph, const OpList& ops, Precision precision) {
  std::vector<bool> outputs(graph.values.size(), false);
  for (const IoInfo& output : graph.outputs) outputs[static_cast<size_t>(output.value)] = true;
  const bool is_half = precision == Precision::kFloat16;
  std::vector<bool> float32 =
      FindExactNodes(graph, ops, std::move(outputs), is_half ? AddsSquares : nullptr);
  if (is_half) {
    const std::vector<bool> rounded = FindRoundedNodes(graph, ops);
    for (size_t n = 0; n < rounded.size(); ++n) float32[n] = float32[n] || rounded[n];
    MarkWideValues(graph, &float32);
  }
  std::vector<Precision> precisions;
  for (const bool is_float32 : float32) {
    precisions.push_back(is_float32 ? Precision::kFloat32 : precision);
  }
  return precisions;
}

}  // namespace mace
