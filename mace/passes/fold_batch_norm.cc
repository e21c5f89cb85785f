#include "mace/passes/fold_batch_norm.h"

#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "mace/passes/activation_attributes.h"
#include "mace/passes/channel_transform.h"
#include "mace/passes/graph_editor.h"

namespace mace {

namespace {

// Inputs of all: x, filter, [bias], [residual].
constexpr size_t kFilter = 1;
constexpr size_t kBias = 2;

bool HasWeights(const Node& node) {
  return node.type == "Conv2D" || node.type == "DepthwiseConv2d" || node.type == "Deconv2D" ||
         node.type == "FullyConnected" || node.type == "MatMul";
}

ValueId InputOrNone(const Node& node, size_t index) {
  return index < node.inputs.size() ? node.inputs[index] : kNoValue;
}

// The order of a filter's elements: `runs` runs of as many elements, each of one output channel,
// which is run / group * step_outer + run % group * step_inner.
struct FilterOrder {
  int64_t runs = 1;
  int64_t group = 1;
  int64_t step_outer = 1;
  int64_t step_inner = 0;
  int64_t channels = 1;
};

FilterOrder OrderOf(const Node& node, const Shape& filter) {
  const int64_t first = filter.dim(0), second = filter.dim(1);
  // MIHW, output channel c * multiplier + m.
  if (node.type == "DepthwiseConv2d") return {first * second, second, 1, first, first * second};
  // [K, N].
  if (node.type == "MatMul" && node.attributes.GetInt("transpose_b", 0) == 0) {
    return {first * second, second, 0, 1, second};
  }
  // OIHW, or MatMul's [N, K].
  return {first, 1, 1, 0, first};
}

// Whether the node's weights are constants whose channels are known.
bool HasFoldableWeights(const Graph& graph, const Node& node) {
  if (node.outputs.size() != 1 || HasActivation(node) ||
      node.attributes.GetInt("residual", 0) != 0) {
    return false;
  }
  const ValueId filter = InputOrNone(node, kFilter), bias = InputOrNone(node, kBias);
  if (!graph.IsConstant(filter)) return false;
  const TensorInfo& info = graph.value(filter).info;
  const int rank = node.type == "MatMul" ? 2 : 4;
  if (!IsFloat(info.dtype) || info.shape.rank() != rank || info.shape.elements() == 0) return false;
  // A grouped Deconv2D's filter holds the channels of one group only.
  if (node.type == "Deconv2D" && node.attributes.GetInt("group", 1) != 1) return false;
  if (bias == kNoValue) return true;
  const TensorInfo& added = graph.value(bias).info;
  return graph.IsConstant(bias) && IsFloat(added.dtype) && added.shape.rank() == 1 &&
         added.shape.dim(0) == OrderOf(node, info.shape).channels;
}

bool AllFinite(const HostTensor& tensor) {
  const float* data = tensor.f32();
  for (int64_t i = 0; i < tensor.shape().elements(); ++i) {
    if (!std::isfinite(data[i])) return false;
  }
  return true;
}

std::optional<HostTensor> ScaledFilter(const Node& node, const HostTensor& filter,
                                       const std::vector<double>& scale) {
  const Shape& shape = filter.shape();
  const StatusOr<HostTensor> converted = filter.ConvertTo(DType::kFloat32);
  StatusOr<HostTensor> allocated = HostTensor::Allocate({DType::kFloat32, shape});
  if (!converted.ok() || !allocated.ok()) return std::nullopt;
  const HostTensor& in = *converted;
  HostTensor& out = *allocated;
  const FilterOrder order = OrderOf(node, shape);
  const int64_t run = shape.elements() / order.runs;
  for (int64_t i = 0; i < order.runs; ++i) {
    const double factor =
        scale[i / order.group * order.step_outer + i % order.group * order.step_inner];
    for (int64_t k = i * run; k < (i + 1) * run; ++k) {
      out.f32()[k] = static_cast<float>(in.f32()[k] * factor);
    }
  }
  if (!AllFinite(out)) return std::nullopt;
  return out;
}

std::optional<HostTensor> TransformedBias(const HostTensor* bias,
                                          const ChannelTransform& transform) {
  const auto channels = static_cast<int64_t>(transform.offset.size());
  std::vector<float> sums(static_cast<size_t>(channels), 0.0f);
  if (bias != nullptr) sums = ToFloatVector(*bias);
  for (int64_t i = 0; i < channels; ++i) {
    sums[i] = static_cast<float>(transform.scale[i] * sums[i] + transform.offset[i]);
  }
  HostTensor out = HostTensor::FromVector(DType::kFloat32, Shape{channels}, std::move(sums));
  if (!AllFinite(out)) return std::nullopt;
  return out;
}

// Puts the transform into the weights; false where that cannot be.
bool ApplyTransform(GraphEditor* editor, int index, const ChannelTransform& transform) {
  const Node& node = editor->node(index);
  const Graph& graph = editor->graph();
  std::vector<ValueId> inputs = node.inputs;
  const ValueId old_filter = inputs[kFilter], old_bias = InputOrNone(node, kBias);
  auto bias =
      TransformedBias(old_bias == kNoValue ? nullptr : &*graph.value(old_bias).constant, transform);
  if (!bias) return false;
  std::optional<HostTensor> filter;
  if (!transform.scale_is_one()) {
    filter = ScaledFilter(node, *graph.value(old_filter).constant, transform.scale);
    if (!filter) return false;
  }
  const std::string name = node.name;
  if (filter) inputs[kFilter] = editor->AddConstant(name + "/filter", *std::move(filter));
  if (inputs.size() <= kBias) inputs.resize(kBias + 1, kNoValue);
  inputs[kBias] = editor->AddConstant(name + "/bias", *std::move(bias));
  editor->SetInputs(index, std::move(inputs));
  return true;
}

// Folds the node's reader into it; false when there is none that folds.
bool FoldReader(GraphEditor* editor, int index) {
  const Graph& graph = editor->graph();
  const Node& node = editor->node(index);
  if (!HasFoldableWeights(graph, node)) return false;
  const ValueId result = node.outputs[0];
  const int reader = editor->SoleReader(result);
  if (reader < 0) return false;
  // MatMul applies no activation.
  if (node.type == "MatMul" && HasActivation(editor->node(reader))) return false;
  const int64_t channels = OrderOf(node, graph.value(node.inputs[kFilter]).info.shape).channels;
  const auto transform = FindChannelTransform(graph, editor->node(reader), result, channels);
  if (!transform || !ApplyTransform(editor, index, *transform)) return false;
  if (editor->node(reader).type != "BiasAdd") {
    MoveActivation(editor->node(reader), &editor->node(index));
  }
  editor->Absorb(index, reader);
  return true;
}

}  // namespace

Status FoldBatchNorm(Graph* graph) {
  GraphEditor editor(graph);
  for (int i = 0; i < editor.node_count(); ++i) {
    if (editor.removed(i) || !HasWeights(editor.node(i))) continue;
    while (FoldReader(&editor, i)) {
    }
  }
  editor.Finish();
  return Status::Ok();
}

}  // namespace mace
