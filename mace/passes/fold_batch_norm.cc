#include "mace/passes/fold_batch_norm.h"

#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "mace/graph/constant_identity.h"
#include "mace/graph/derived_constants.h"
#include "mace/passes/activation_attributes.h"
#include "mace/passes/channel_transform.h"
#include "mace/passes/graph_editor.h"
#include "mace/passes/weight_inputs.h"

namespace mace {

namespace {

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
  const ValueId filter = InputOrNone(node, kFilterInput), bias = InputOrNone(node, kBiasInput);
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

StatusOr<HostTensor> ScaledFilter(const Node& node, const HostTensor& filter,
                                  const std::vector<double>& scale) {
  const Shape& shape = filter.shape();
  MACE_ASSIGN_OR_RETURN(const HostTensor converted, filter.ConvertTo(DType::kFloat32));
  MACE_ASSIGN_OR_RETURN(HostTensor scaled, HostTensor::Allocate({DType::kFloat32, shape}));
  const float* const in = converted.f32();
  float* const out = scaled.f32();
  const FilterOrder order = OrderOf(node, shape);
  const int64_t run = shape.elements() / order.runs;
  for (int64_t i = 0; i < order.runs; ++i) {
    const double factor =
        scale[i / order.group * order.step_outer + i % order.group * order.step_inner];
    for (int64_t k = i * run; k < (i + 1) * run; ++k) out[k] = static_cast<float>(in[k] * factor);
  }
  return scaled;
}

// ScaledFilter; nothing where its elements would not be finite.
StatusOr<HostTensor> FiniteScaledFilter(const Node& node, const HostTensor& filter,
                                        const std::vector<double>& scale) {
  StatusOr<HostTensor> scaled = ScaledFilter(node, filter, scale);
  if (!scaled.ok() || AllFinite(*scaled)) return scaled;
  return HostTensor();
}

ConstantIdentity ScaledIdentity(const Node& node, const HostTensor& filter,
                                const std::vector<double>& scale) {
  const FilterOrder order = OrderOf(node, filter.shape());
  IdentityHasher hasher("scaled filter");
  hasher.Add(std::vector<int64_t>{order.runs, order.group, order.step_outer, order.step_inner,
                                  order.channels});
  hasher.Add(scale);
  hasher.Add(filter);
  return hasher.Finish();
}

HostTensor TransformedBias(const HostTensor* bias, const ChannelTransform& transform) {
  const auto channels = static_cast<int64_t>(transform.offset.size());
  std::vector<float> sums(static_cast<size_t>(channels), 0.0f);
  if (bias != nullptr) sums = ToFloatVector(*bias);
  for (int64_t i = 0; i < channels; ++i) {
    sums[i] = static_cast<float>(transform.scale[i] * sums[i] + transform.offset[i]);
  }
  return HostTensor::FromVector(DType::kFloat32, Shape{channels}, std::move(sums));
}

// Puts the transform into the weights; false where they would not be finite.
StatusOr<bool> ApplyTransform(GraphEditor* editor, int index, const ChannelTransform& transform) {
  const Node& node = editor->node(index);
  const Graph& graph = editor->graph();
  std::vector<ValueId> inputs = node.inputs;
  const ValueId old_filter = inputs[kFilterInput], old_bias = InputOrNone(node, kBiasInput);
  HostTensor bias =
      TransformedBias(old_bias == kNoValue ? nullptr : &*graph.value(old_bias).constant, transform);
  if (!AllFinite(bias)) return false;
  std::optional<HostTensor> filter;
  if (!transform.scale_is_one()) {
    const HostTensor& given = *graph.value(old_filter).constant;
    MACE_ASSIGN_OR_RETURN(
        filter, DeriveConstant(graph.derived, ScaledIdentity(node, given, transform.scale), {given},
                               [&] { return FiniteScaledFilter(node, given, transform.scale); }));
    if (filter->dtype() == DType::kInvalid) return false;
  }
  const std::string name = node.name;
  if (filter) {
    inputs[kFilterInput] = editor->AddConstant(name + "/filter", *std::move(filter));
    // Its elements are no multiples of one number any more (fuse_requantize.h).
    editor->node(index).attributes.Erase("filter_scale");
  }
  if (inputs.size() <= kBiasInput) inputs.resize(kBiasInput + 1, kNoValue);
  inputs[kBiasInput] = editor->AddConstant(name + "/bias", std::move(bias));
  editor->SetInputs(index, std::move(inputs));
  return true;
}

// Readers, one after the other, and the transform that they make together.
struct ReaderChain {
  std::vector<int> readers;
  ChannelTransform transform;
};

bool MayHaveActivation(const Node& reader) { return reader.type != "BiasAdd"; }

// Finds everything that folds into the node, so that the weights are copied once, however many
// readers fold. REQUIRES: HasFoldableWeights.
ReaderChain FindReaders(const GraphEditor& editor, const Node& node) {
  const Graph& graph = editor.graph();
  const int64_t channels =
      OrderOf(node, graph.value(node.inputs[kFilterInput]).info.shape).channels;
  ReaderChain chain;
  ValueId result = node.outputs[0];
  for (;;) {
    const int index = editor.SoleReader(result);
    if (index < 0) break;
    const Node& reader = editor.node(index);
    // MatMul applies no activation.
    if (node.type == "MatMul" && HasActivation(reader)) break;
    auto transform = FindChannelTransform(graph, reader, result, channels);
    if (transform && !chain.readers.empty()) transform = Compose(chain.transform, *transform);
    if (!transform) break;
    chain.transform = *std::move(transform);
    chain.readers.push_back(index);
    if (MayHaveActivation(reader) && HasActivation(reader)) break;
    result = reader.outputs[0];
  }
  return chain;
}

Status FoldReaders(GraphEditor* editor, int index) {
  if (!HasFoldableWeights(editor->graph(), editor->node(index))) return Status::Ok();
  const ReaderChain chain = FindReaders(*editor, editor->node(index));
  if (chain.readers.empty()) return Status::Ok();
  MACE_ASSIGN_OR_RETURN(const bool is_folded, ApplyTransform(editor, index, chain.transform));
  if (!is_folded) return Status::Ok();
  for (int reader : chain.readers) {
    if (MayHaveActivation(editor->node(reader))) {
      MoveActivation(editor->node(reader), &editor->node(index));
    }
    editor->Absorb(index, reader);
  }
  return Status::Ok();
}

}  // namespace

Status FoldBatchNorm(Graph* graph) {
  GraphEditor editor(graph);
  for (int i = 0; i < editor.node_count(); ++i) {
    if (editor.removed(i) || !HasWeights(editor.node(i))) continue;
    MACE_RETURN_IF_ERROR(FoldReaders(&editor, i));
  }
  editor.Finish();
  return Status::Ok();
}

}  // namespace mace
