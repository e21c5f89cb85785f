#include "mace/passes/fuse_requantize.h"

#include <optional>
#include <string>

#include "mace/ops/conv/int8_convolution.h"
#include "mace/ops/rounding.h"
#include "mace/passes/graph_editor.h"

namespace mace {
namespace {

// The quantization of a rounding's result. None if the node is no rounding, if the result does not
// fit an int8 type, or if that type has no zero.
std::optional<Quantization> QuantizationOfRounding(const Node& node) {
  if (!IsRoundingToInt8(node)) return std::nullopt;
  return QuantizationOf(node.attributes.GetFloat("scale", 1),
                        node.attributes.GetFloat("low", -128));
}

// The quantization of a value that is int8 whenever the graph runs; nothing for other values.
std::optional<Quantization> QuantizationOfValue(const GraphEditor& editor, ValueId id) {
  const int producer = editor.Producer(id);
  if (producer < 0) return std::nullopt;
  const Node& node = editor.node(producer);
  if (node.type == "Unary") return QuantizationOfRounding(node);
  const StatusOr<std::optional<Int8Convolution>> bits = Int8Convolution::Parse(node.attributes);
  if (!bits.ok() || !bits->has_value()) return std::nullopt;
  return (*bits)->y;
}

bool IsConvolutionOfWeights(const GraphEditor& editor, const Node& node) {
  if (node.type != "Conv2D" && node.type != "DepthwiseConv2d") return false;
  if (node.inputs.size() < 2 || node.attributes.GetInt("residual", 0) != 0 ||
      !(node.attributes.GetFloat("filter_scale", 0) > 0)) {
    return false;
  }
  for (size_t i = 1; i < node.inputs.size(); ++i) {
    if (node.inputs[i] != kNoValue && !editor.graph().IsConstant(node.inputs[i])) return false;
  }
  return true;
}

void FuseRounding(GraphEditor* editor, int rounding) {
  const std::optional<Quantization> y = QuantizationOfRounding(editor->node(rounding));
  if (!y.has_value()) return;
  const ValueId rounded = editor->node(rounding).inputs[0];
  const int producer = editor->Producer(rounded);
  if (producer < 0 || editor->SoleReader(rounded) != rounding ||
      !IsConvolutionOfWeights(*editor, editor->node(producer))) {
    return;
  }
  Node& convolution = editor->node(producer);
  const std::optional<Quantization> x = QuantizationOfValue(*editor, convolution.inputs[0]);
  if (!x.has_value()) return;
  Int8Convolution bits;
  bits.x = *x;
  bits.y = *y;
  bits.filter_scale = static_cast<float>(convolution.attributes.GetFloat("filter_scale", 0));
  bits.SetAttributes(&convolution.attributes);
  editor->Absorb(producer, rounding);
}

}  // namespace

bool IsRoundingToInt8(const Node& node) {
  return node.type == "Unary" && node.attributes.GetString("function", "") == "round_to_int8";
}

Status FuseRequantize(Graph* graph) {
  GraphEditor editor(graph);
  // In the order of the graph: what makes x is known by then.
  for (int i = 0; i < editor.node_count(); ++i) FuseRounding(&editor, i);
  editor.Finish();
  return Status::Ok();
}

}  // namespace mace
