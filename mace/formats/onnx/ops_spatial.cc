// Convolutions, normalisation, blocks: ONNX's ops over images. The graph's ops have the channels
// last; OnnxNode::EmitChannelsLast and OnnxToImage put transposes around them.
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/onnx/deep_transposed.h"
#include "mace/formats/onnx/emit.h"
#include "mace/formats/onnx/window.h"

namespace mace {
namespace {

// The extents behind the first two axes.
std::vector<int64_t> SpatialExtents(const Shape& shape) {
  return std::vector<int64_t>(shape.dims().begin() + 2, shape.dims().end());
}

Status CheckConv(const OnnxNode& node) {
  MACE_RETURN_IF_ERROR(node.RequireInputs(2, 3));
  const Shape& x = node.shape(0);
  const Shape& w = node.shape(1);
  if (x.rank() < 3 || x.rank() > 5 || w.rank() != x.rank()) {
    return Unsupported("expected x and weights of one rank from 3 to 5, found " + x.ToString() +
                       " and " + w.ToString());
  }
  return Status::Ok();
}

// [o, i, k] as [o, i, 1, k].
StatusOr<ValueId> FilterOf(OnnxNode* node, ValueId filter) {
  const Shape shape = node->builder()->ShapeOf(filter);
  if (shape.rank() != 3) return filter;
  return node->builder()->Reshape(filter, {shape[0], shape[1], 1, shape[2]});
}

// [channels * multiplier, 1, h, w] as [multiplier, channels, h, w].
StatusOr<ValueId> DepthwiseFilter(OnnxNode* node, ValueId filter, int64_t channels) {
  const Shape shape = node->builder()->ShapeOf(filter);
  const int64_t multiplier = shape[0] / channels;
  MACE_ASSIGN_OR_RETURN(
      filter, node->builder()->Reshape(filter, {channels, multiplier, shape[2], shape[3]}));
  return node->builder()->Transpose(filter, {1, 0, 2, 3});
}

// A convolution over depth is a sum over the taps of the filter's depth: each sees one slice of the
// input, whose images are a batch.
class DeepConvolution {
 public:
  DeepConvolution(OnnxNode* node, OnnxWindow window, int64_t group)
      : node_(node), window_(std::move(window)), group_(group) {}

  Status Convert() {
    const Shape x = node_->shape(0), w = node_->shape(1);
    GraphBuilder* builder = node_->builder();
    if (w[2] > kMaxDeepTaps) {
      return Unsupported("a kernel over depth: expected at most " + std::to_string(kMaxDeepTaps) +
                         ", found " + std::to_string(w[2]));
    }
    window_.Resolve(SpatialExtents(x));
    MACE_ASSIGN_OR_RETURN(x_, builder->Transpose(node_->input(0), ChannelsLast(5)));
    AttributeMap pad;
    pad.Set("paddings",
            std::vector<int64_t>{0, 0, window_.before[0], window_.after[0], 0, 0, 0, 0, 0, 0});
    MACE_ASSIGN_OR_RETURN(x_, node_->Emit("/padded", "Pad", {x_}, std::move(pad)));
    const int64_t padded = builder->ShapeOf(x_)[1];
    if (padded < window_.span(0) || x.elements() == 0) {
      return InvalidArgument("kernel " + w.ToString() + " does not fit into " + x.ToString());
    }
    depth_ = (padded - window_.span(0)) / window_.strides[0] + 1;
    ValueId sum = kNoValue;
    for (int64_t tap = 0; tap < w[2]; ++tap) {
      MACE_ASSIGN_OR_RETURN(const ValueId part, ConvertTap(tap));
      if (sum == kNoValue) {
        sum = part;
        continue;
      }
      AttributeMap add;
      add.Set("type", int64_t{0});
      MACE_ASSIGN_OR_RETURN(sum, node_->Emit("/sum", "Eltwise", {sum, part}, std::move(add)));
    }
    const Shape image = builder->ShapeOf(sum);
    MACE_ASSIGN_OR_RETURN(sum, builder->Reshape(sum, {x[0], depth_, image[1], image[2], image[3]}));
    MACE_ASSIGN_OR_RETURN(sum, builder->Transpose(sum, ChannelsFirst(5)));
    node_->SetResult(sum);
    return Status::Ok();
  }

 private:
  struct Range {
    int64_t axis, start, end, step;
  };

  StatusOr<ValueId> Slice(const char* suffix, ValueId id, const Range& range) {
    AttributeMap slice;
    slice.Set("axes", std::vector<int64_t>{range.axis});
    slice.Set("starts", std::vector<int64_t>{range.start});
    slice.Set("ends", std::vector<int64_t>{range.end});
    slice.Set("steps", std::vector<int64_t>{range.step});
    return node_->Emit(suffix, "Slice", {id}, std::move(slice));
  }

  StatusOr<ValueId> ConvertTap(int64_t tap) {
    GraphBuilder* builder = node_->builder();
    const int64_t start = tap * window_.dilations[0], step = window_.strides[0];
    const Range depth = {1, start, start + (depth_ - 1) * step + 1, step};
    MACE_ASSIGN_OR_RETURN(ValueId x, Slice("/depth", x_, depth));
    const Shape deep = builder->ShapeOf(x);
    MACE_ASSIGN_OR_RETURN(x, builder->Reshape(x, {deep[0] * depth_, deep[2], deep[3], deep[4]}));
    const Range one_tap = {2, tap, tap + 1, 1};
    MACE_ASSIGN_OR_RETURN(ValueId w, Slice("/tap", node_->input(1), one_tap));
    const Shape filter = builder->ShapeOf(w);
    MACE_ASSIGN_OR_RETURN(w, builder->Reshape(w, {filter[0], filter[1], filter[3], filter[4]}));
    std::vector<ValueId> inputs = {x, w};
    if (tap == 0 && node_->HasInput(2)) inputs.push_back(node_->input(2));
    AttributeMap attributes;
    window_.SetPair(1, 2, &attributes);
    attributes.Set("group", group_);
    return node_->Emit("/plane", "Conv2D", std::move(inputs), std::move(attributes));
  }

  OnnxNode* node_;
  OnnxWindow window_;
  int64_t group_;
  ValueId x_ = kNoValue;
  int64_t depth_ = 0;
};

Status ConvertConv(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(CheckConv(*node));
  const Shape x = node->shape(0), w = node->shape(1);
  const int64_t group = node->Int("group", 1);
  MACE_ASSIGN_OR_RETURN(OnnxWindow window,
                        ReadOnnxWindow(*node, SpatialExtents(w), SpatialExtents(w).size()));
  if (group < 1 || group > x[1] || x[1] % group != 0 || w[1] != x[1] / group) {
    return InvalidArgument("x " + x.ToString() + " does not fit weights " + w.ToString() + " in " +
                           std::to_string(group) + " groups");
  }
  if (x.rank() == 5) return DeepConvolution(node, std::move(window), group).Convert();
  window.Resolve(SpatialExtents(x));
  AttributeMap attributes;
  window.SetPair(x.rank() == 3 ? -1 : 0, x.rank() == 3 ? 0 : 1, &attributes);
  MACE_ASSIGN_OR_RETURN(const ValueId image, OnnxToImage(node, node->input(0)));
  MACE_ASSIGN_OR_RETURN(ValueId filter, FilterOf(node, node->input(1)));
  const bool depthwise = group > 1 && w[1] == 1 && w[0] % group == 0;
  if (depthwise) {
    MACE_ASSIGN_OR_RETURN(filter, DepthwiseFilter(node, filter, group));
  } else {
    attributes.Set("group", group);
  }
  // What the pass fuse_requantize asks for.
  const float filter_scale = node->quantized()->FilterScale(node->input(1));
  if (filter_scale > 0) attributes.Set("filter_scale", double{filter_scale});
  std::vector<ValueId> inputs = {image, filter};
  if (node->HasInput(2)) inputs.push_back(node->input(2));
  MACE_RETURN_IF_ERROR(node->EmitResult(depthwise ? "DepthwiseConv2d" : "Conv2D", std::move(inputs),
                                        std::move(attributes)));
  MACE_ASSIGN_OR_RETURN(const ValueId result, OnnxFromImage(node, node->outputs()[0], x.rank()));
  node->SetResult(result);
  return Status::Ok();
}

// The paddings of a transposed convolution that output_shape and auto_pad ask for.
Status PadTransposed(const OnnxNode& node, const std::vector<int64_t>& extents,
                     std::vector<int64_t>* extra, OnnxWindow* window) {
  std::vector<int64_t> wanted = node.Ints("output_shape");
  const bool same = window->auto_pad == "SAME_UPPER" || window->auto_pad == "SAME_LOWER";
  if (wanted.empty() && !same) return Status::Ok();
  const size_t axes = window->axes();
  // The older form counts batch and channels too.
  if (wanted.size() == axes + 2) wanted.erase(wanted.begin(), wanted.begin() + 2);
  if (!wanted.empty() && wanted.size() != axes) {
    return InvalidArgument("output_shape: expected " + std::to_string(axes) + " extents, found [" +
                           JoinNumbers(wanted, ", ") + "]");
  }
  for (size_t i = 0; i < axes; ++i) {
    const int64_t out = wanted.empty() ? extents[i] * window->strides[i] : wanted[i];
    int64_t total = window->strides[i] * (extents[i] - 1) + (*extra)[i] + window->span(i) - out;
    if (out < 1) {
      return InvalidArgument("output_shape: expected 1 or more, found " + std::to_string(out));
    }
    if (total < 0) {
      // What the convolution does not reach stands behind it.
      (*extra)[i] -= total;
      total = 0;
    }
    window->before[i] = window->auto_pad == "SAME_UPPER" ? total / 2 : total - total / 2;
    window->after[i] = total - window->before[i];
  }
  return Status::Ok();
}

Status ConvertConvTranspose(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(CheckConv(*node));
  const Shape x = node->shape(0), w = node->shape(1);
  const size_t axes = static_cast<size_t>(x.rank()) - 2;
  MACE_ASSIGN_OR_RETURN(OnnxWindow window, ReadOnnxWindow(*node, SpatialExtents(w), axes));
  std::vector<int64_t> extra = node->Ints("output_padding", std::vector<int64_t>(axes, 0));
  if (extra.size() != axes) {
    return InvalidArgument("output_padding: expected " + std::to_string(axes) +
                           " numbers, found [" + JoinNumbers(extra, ", ") + "]");
  }
  MACE_RETURN_IF_ERROR(PadTransposed(*node, SpatialExtents(x), &extra, &window));
  if (x.rank() == 5) return ConvertDeepTransposed(node, window, extra);
  AttributeMap attributes;
  window.SetPair(x.rank() == 3 ? -1 : 0, x.rank() == 3 ? 0 : 1, &attributes);
  attributes.Set("output_padding",
                 std::vector<int64_t>{x.rank() == 3 ? 0 : extra[0], extra[axes - 1]});
  attributes.Set("group", node->Int("group", 1));
  MACE_ASSIGN_OR_RETURN(const ValueId image, OnnxToImage(node, node->input(0)));
  MACE_ASSIGN_OR_RETURN(ValueId filter, FilterOf(node, node->input(1)));
  // [i, o / group, h, w] to [o / group, i, h, w].
  MACE_ASSIGN_OR_RETURN(filter, node->builder()->Transpose(filter, {1, 0, 2, 3}));
  std::vector<ValueId> inputs = {image, filter};
  if (node->HasInput(2)) inputs.push_back(node->input(2));
  MACE_RETURN_IF_ERROR(node->EmitResult("Deconv2D", std::move(inputs), std::move(attributes)));
  MACE_ASSIGN_OR_RETURN(const ValueId result, OnnxFromImage(node, node->outputs()[0], x.rank()));
  node->SetResult(result);
  return Status::Ok();
}

// A vector of the channels as a tensor that broadcasts along axis 1 of one of this rank.
StatusOr<ValueId> ChannelVector(OnnxNode* node, size_t index, int rank) {
  std::vector<int64_t> dims(static_cast<size_t>(rank), 1);
  dims[1] = node->shape(index).elements();
  return node->builder()->Reshape(node->input(index), dims);
}

// momentum * before + (1 - momentum) * now, as output `output`.
Status SetRunning(OnnxNode* node, size_t before, ValueId now, size_t output) {
  const double momentum = node->Float("momentum", 0.9);
  MACE_ASSIGN_OR_RETURN(now, node->builder()->Reshape(now, node->shape(before).dims()));
  MACE_ASSIGN_OR_RETURN(now, EmitEltwise(node, EltwiseType::kProd, now, 1 - momentum));
  MACE_ASSIGN_OR_RETURN(ValueId id,
                        EmitEltwise(node, EltwiseType::kProd, node->input(before), momentum));
  MACE_ASSIGN_OR_RETURN(id, EmitEltwise(node, EltwiseType::kSum, id, now));
  node->SetResult(id, output);
  return Status::Ok();
}

// By the statistics of the batch itself, which are mixed into those that are given.
Status EmitTrainingBatchNorm(OnnxNode* node) {
  const Shape shape = node->shape(0);
  if (shape.rank() < 2 || shape.elements() == 0) {
    return InvalidArgument("expected x [n, channels, ...], found " + shape.ToString());
  }
  for (size_t i = 1; i < 5; ++i) {
    if (node->shape(i) == Shape{shape[1]}) continue;
    return InvalidArgument("expected a number for each channel of " + shape.ToString() +
                           ", found " + node->shape(i).ToString());
  }
  std::vector<int64_t> axes = {0};
  for (int axis = 2; axis < shape.rank(); ++axis) axes.push_back(axis);
  const ValueId x = node->input(0);
  MACE_ASSIGN_OR_RETURN(const ValueId mean, EmitReduce(node, ReduceType::kMean, x, axes));
  MACE_ASSIGN_OR_RETURN(const ValueId centered, EmitEltwise(node, EltwiseType::kSub, x, mean));
  MACE_ASSIGN_OR_RETURN(ValueId id, EmitUnary(node, "square", centered));
  MACE_ASSIGN_OR_RETURN(const ValueId variance, EmitReduce(node, ReduceType::kMean, id, axes));
  MACE_ASSIGN_OR_RETURN(
      id, EmitEltwise(node, EltwiseType::kSum, variance, node->Float("epsilon", 1e-5)));
  MACE_ASSIGN_OR_RETURN(id, EmitUnary(node, "rsqrt", id));
  MACE_ASSIGN_OR_RETURN(const ValueId scale, ChannelVector(node, 1, shape.rank()));
  MACE_ASSIGN_OR_RETURN(id, EmitEltwise(node, EltwiseType::kProd, id, scale));
  MACE_ASSIGN_OR_RETURN(id, EmitEltwise(node, EltwiseType::kProd, centered, id));
  MACE_ASSIGN_OR_RETURN(const ValueId offset, ChannelVector(node, 2, shape.rank()));
  MACE_ASSIGN_OR_RETURN(id, EmitEltwise(node, EltwiseType::kSum, id, offset));
  node->SetResult(id);
  MACE_RETURN_IF_ERROR(SetRunning(node, 3, mean, 1));
  return SetRunning(node, 4, variance, 2);
}

// x, scale, offset, mean, variance.
Status ConvertBatchNorm(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(5, 5));
  node->Ignore({"momentum", "is_test"});
  if (node->Int("training_mode", 0) != 0) return EmitTrainingBatchNorm(node);
  if (node->Int("spatial", 1) != 1) {
    return Unsupported("spatial: expected 1, found statistics for each position");
  }
  AttributeMap attributes;
  attributes.Set("epsilon", node->Float("epsilon", 1e-5));
  return node->EmitChannelsLast("BatchNorm", node->GivenInputs(), std::move(attributes));
}

Status ConvertInstanceNorm(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3, 3));
  AttributeMap attributes;
  attributes.Set("epsilon", node->Float("epsilon", 1e-5));
  return node->EmitChannelsLast("InstanceNorm", node->GivenInputs(), std::move(attributes));
}

Status CheckImage(const OnnxNode& node) {
  MACE_RETURN_IF_ERROR(node.RequireInputs(1, 1));
  if (node.shape(0).rank() == 4) return Status::Ok();
  return InvalidArgument("expected a tensor of rank 4, found " + node.shape(0).ToString());
}

Status ConvertDepthToSpace(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(CheckImage(*node));
  AttributeMap attributes;
  attributes.Set("block_size", node->Int("blocksize", 0));
  attributes.Set("mode", node->String("mode", "DCR"));
  return node->EmitChannelsLast("DepthToSpace", {node->input(0)}, std::move(attributes));
}

Status ConvertSpaceToDepth(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(CheckImage(*node));
  AttributeMap attributes;
  attributes.Set("block_size", node->Int("blocksize", 0));
  attributes.Set("mode", node->String("mode", "DCR"));
  return node->EmitChannelsLast("SpaceToDepth", {node->input(0)}, std::move(attributes));
}

}  // namespace

const OnnxConverterEntry kOnnxSpatialConverters[] = {
    {"BatchNormalization", ConvertBatchNorm},
    {"Conv", ConvertConv},
    {"ConvTranspose", ConvertConvTranspose},
    {"DepthToSpace", ConvertDepthToSpace},
    {"InstanceNormalization", ConvertInstanceNorm},
    {"SpaceToDepth", ConvertSpaceToDepth},
    {nullptr, nullptr},
};

}  // namespace mace
