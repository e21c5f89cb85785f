// TensorFlow's ops over volumes: the depth becomes part of the batch, and what lies along it is
// joined as channels (convolutions) or combined element by element (pooling).
#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/divide.h"
#include "mace/base/strings.h"
#include "mace/formats/tensorflow/emit.h"

namespace mace {
namespace {

// The window along one axis of a volume.
struct VolumeAxis {
  int64_t extent = 1;  // Of the input.
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t dilation = 1;
  int64_t before = 0;
  int64_t after = 0;
  int64_t result = 1;  // Of the output.
};

constexpr size_t kDepth = 0, kHeight = 1, kWidth = 2;

struct Volume {
  bool channels_first = false;
  std::vector<VolumeAxis> axes = std::vector<VolumeAxis>(3);
};

constexpr int64_t kMaxVolumeWindow = int64_t{1} << 20;

// A list of five numbers, of batch, depth, height, width and channels in the order of the layout.
StatusOr<std::vector<int64_t>> ReadTriple(const TfNode& node, const char* name,
                                          bool channels_first) {
  std::vector<int64_t> all = node.Ints(name);
  if (all.empty()) all = {1, 1, 1, 1, 1};
  const size_t channels = channels_first ? 1 : 4, depth = channels_first ? 2 : 1;
  bool fits = all.size() == 5 && all[0] == 1 && all[channels] == 1;
  for (int64_t number : all) fits = fits && number >= 1 && number <= kMaxVolumeWindow;
  if (!fits) {
    return Unsupported(std::string(name) +
                       ": expected five numbers from 1 with 1 for batch and channels, found [" +
                       JoinNumbers(all, ", ") + "]");
  }
  return std::vector<int64_t>{all[depth], all[depth + 1], all[depth + 2]};
}

Status SetPadding(bool same, VolumeAxis* axis) {
  const int64_t span = (axis->kernel - 1) * axis->dilation + 1;
  if (same) {
    axis->result = CeilDivide(axis->extent, axis->stride);
    const int64_t total =
        std::max<int64_t>((axis->result - 1) * axis->stride + span - axis->extent, 0);
    axis->before = total / 2;
    axis->after = total - total / 2;
    return Status::Ok();
  }
  if (axis->extent < span) {
    return InvalidArgument("expected a window of at most " + std::to_string(axis->extent) +
                           ", found " + std::to_string(span));
  }
  axis->result = (axis->extent - span) / axis->stride + 1;
  return Status::Ok();
}

StatusOr<bool> IsSame(const TfNode& node) {
  const std::string padding = node.String("padding", "");
  if (padding == "SAME" || padding == "VALID") return padding == "SAME";
  return Unsupported("padding: expected SAME or VALID, found " + Printable(padding));
}

StatusOr<Volume> ReadLayout(const TfNode& node, size_t input) {
  const std::string format = node.String("data_format", "NDHWC");
  if (format != "NDHWC" && format != "NCDHW") {
    return Unsupported("data_format: expected NDHWC or NCDHW, found " + Printable(format));
  }
  if (node.shape(input).rank() != 5) {
    return InvalidArgument("input " + std::to_string(input) + ": expected rank 5, found " +
                           node.shape(input).ToString());
  }
  Volume volume;
  volume.channels_first = format == "NCDHW";
  return volume;
}

// Extents, strides, dilations and padding; `kernel` in the order depth, height, width.
StatusOr<Volume> ReadVolume(const TfNode& node, const std::vector<int64_t>& kernel) {
  MACE_ASSIGN_OR_RETURN(Volume volume, ReadLayout(node, 0));
  const bool first = volume.channels_first;
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> strides, ReadTriple(node, "strides", first));
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> dilations, ReadTriple(node, "dilations", first));
  MACE_ASSIGN_OR_RETURN(const bool same, IsSame(node));
  for (size_t i = 0; i < 3; ++i) {
    VolumeAxis& axis = volume.axes[i];
    axis.extent = node.shape(0)[static_cast<int>(i) + (first ? 2 : 1)];
    axis.kernel = kernel[i];
    axis.stride = strides[i];
    axis.dilation = dilations[i];
    if (axis.kernel < 1 || axis.kernel > kMaxVolumeWindow || axis.extent < 1) {
      return InvalidArgument("expected a window and an input that are not empty");
    }
    MACE_RETURN_IF_ERROR(SetPadding(same, &axis));
  }
  return volume;
}

const std::vector<int64_t> kNcdhwToNdhwc = {0, 2, 3, 4, 1};
const std::vector<int64_t> kNdhwcToNcdhw = {0, 4, 1, 2, 3};

StatusOr<ValueId> EmitChannelsLast(TfNode* node, ValueId x, const Volume& volume) {
  return volume.channels_first ? node->builder()->Transpose(x, kNcdhwToNdhwc) : x;
}

Status SetVolume(TfNode* node, ValueId y, const Volume& volume) {
  if (volume.channels_first) {
    MACE_ASSIGN_OR_RETURN(y, node->builder()->Transpose(y, kNdhwcToNcdhw));
  }
  node->SetResult(y);
  return Status::Ok();
}

// What the tap `tap` of the kernel sees along the depth of x [n, depth, ...], with the depth
// padded.
StatusOr<ValueId> EmitTap(TfNode* node, ValueId x, const VolumeAxis& depth, int64_t tap) {
  const int64_t start = tap * depth.dilation;
  return EmitStridedSlice(node, x, 1,
                          {start, start + (depth.result - 1) * depth.stride + 1, depth.stride});
}

StatusOr<ValueId> EmitDepthPadding(TfNode* node, ValueId x, const VolumeAxis& depth, double value) {
  if (depth.before == 0 && depth.after == 0) return x;
  std::vector<int64_t> paddings(2 * node->builder()->ShapeOf(x).dims().size(), 0);
  paddings[2] = depth.before;
  paddings[3] = depth.after;
  return EmitPadding(node, x, std::move(paddings), value);
}

// [n, depth, h, w, c] as [n * depth, h, w, c].
StatusOr<ValueId> EmitFlatDepth(TfNode* node, ValueId x) {
  const Shape shape = node->builder()->ShapeOf(x);
  return node->builder()->Reshape(x, {shape[0] * shape[1], shape[2], shape[3], shape[4]});
}

StatusOr<ValueId> EmitDeepAgain(TfNode* node, ValueId x, int64_t batch) {
  const Shape shape = node->builder()->ShapeOf(x);
  const int64_t depth = batch == 0 ? 0 : shape[0] / batch;
  return node->builder()->Reshape(x, {batch, depth, shape[1], shape[2], shape[3]});
}

AttributeMap PlaneWindow(const Volume& volume) {
  const VolumeAxis& h = volume.axes[kHeight];
  const VolumeAxis& w = volume.axes[kWidth];
  AttributeMap attributes;
  attributes.Set("strides", std::vector<int64_t>{h.stride, w.stride});
  attributes.Set("dilations", std::vector<int64_t>{h.dilation, w.dilation});
  const bool padded = h.before + h.after + w.before + w.after > 0;
  if (padded) {
    attributes.Set("pads", std::vector<int64_t>{h.before, w.before, h.after, w.after});
  } else {
    attributes.Set("padding", int64_t{0});
  }
  return attributes;
}

constexpr int64_t kMaxTaps = 64;

Status CheckTaps(const VolumeAxis& depth) {
  if (depth.kernel <= kMaxTaps) return Status::Ok();
  return Unsupported("expected a window of at most " + std::to_string(kMaxTaps) +
                     " along the depth, found " + std::to_string(depth.kernel));
}

// x, filter [depth, h, w, in, out]: what the taps along the depth see are channels of one plane.
Status ConvertConv3D(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  const Shape filter_shape = node->shape(1);
  if (filter_shape.rank() != 5) {
    return InvalidArgument("filter: expected rank 5, found " + filter_shape.ToString());
  }
  MACE_ASSIGN_OR_RETURN(const Volume volume,
                        ReadVolume(*node, {filter_shape[0], filter_shape[1], filter_shape[2]}));
  const int64_t channels = node->shape(0)[volume.channels_first ? 1 : 4];
  if (filter_shape[3] != channels) {
    return Unsupported("filter: expected " + std::to_string(channels) +
                       " input channels (groups are not supported), found " +
                       std::to_string(filter_shape[3]));
  }
  const VolumeAxis& depth = volume.axes[kDepth];
  MACE_RETURN_IF_ERROR(CheckTaps(depth));
  MACE_ASSIGN_OR_RETURN(ValueId x, EmitChannelsLast(node, node->input(0), volume));
  MACE_ASSIGN_OR_RETURN(x, EmitDepthPadding(node, x, depth, 0));
  std::vector<ValueId> taps;
  for (int64_t tap = 0; tap < depth.kernel; ++tap) {
    MACE_ASSIGN_OR_RETURN(const ValueId seen, EmitTap(node, x, depth, tap));
    taps.push_back(seen);
  }
  MACE_ASSIGN_OR_RETURN(x, EmitConcat(node, taps, 4));
  const int64_t batch = node->builder()->ShapeOf(x)[0];
  MACE_ASSIGN_OR_RETURN(x, EmitFlatDepth(node, x));
  // [depth, h, w, in, out] to [out, depth, in, h, w].
  MACE_ASSIGN_OR_RETURN(ValueId filter,
                        node->builder()->Transpose(node->input(1), {4, 0, 3, 1, 2}));
  MACE_ASSIGN_OR_RETURN(
      filter, node->builder()->Reshape(filter, {filter_shape[4], filter_shape[0] * channels,
                                                filter_shape[1], filter_shape[2]}));
  MACE_ASSIGN_OR_RETURN(ValueId y,
                        node->Emit("/planes", "Conv2D", {x, filter}, PlaneWindow(volume)));
  MACE_ASSIGN_OR_RETURN(y, EmitDeepAgain(node, y, batch));
  return SetVolume(node, y, volume);
}

// Where the slices [n, depth, ...] of one tap lie in the output: `stride` apart, the first one at
// `front`, which may be outside.
StatusOr<ValueId> EmitSpread(TfNode* node, ValueId x, const VolumeAxis& depth, int64_t front) {
  GraphBuilder* builder = node->builder();
  const Shape shape = builder->ShapeOf(x);
  if (depth.stride > 1) {
    MACE_ASSIGN_OR_RETURN(
        x, builder->Reshape(x, {shape[0], shape[1], 1, shape[2] * shape[3] * shape[4]}));
    MACE_ASSIGN_OR_RETURN(x, EmitPadding(node, x, {0, 0, 0, 0, 0, depth.stride - 1, 0, 0}, 0));
    MACE_ASSIGN_OR_RETURN(
        x, builder->Reshape(x, {shape[0], shape[1] * depth.stride, shape[2], shape[3], shape[4]}));
  }
  const int64_t back = depth.extent - front - shape[1] * depth.stride;
  if (front == 0 && back == 0) return x;
  return EmitPadding(node, x, {0, 0, front, back, 0, 0, 0, 0, 0, 0}, 0);
}

// What input 0 and the attributes say of a transposed convolution of input 2.
struct Deconvolution {
  Volume volume;                // The window of the convolution that this one transposes.
  std::vector<int64_t> result;  // Extents, NDHWC.
};

StatusOr<Deconvolution> ReadDeconvolution(const TfNode& node) {
  const Shape filter = node.shape(1), x = node.shape(2);
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> sizes, node.Numbers(0));
  Deconvolution made;
  MACE_ASSIGN_OR_RETURN(made.volume, ReadLayout(node, 2));
  const bool first = made.volume.channels_first;
  if (sizes.size() != 5 || filter.rank() != 5 || filter[4] != x[first ? 1 : 4]) {
    return InvalidArgument("expected five extents and a filter [d, h, w, out, in] for " +
                           x.ToString() + ", found " + std::to_string(sizes.size()) + " and " +
                           filter.ToString());
  }
  if (first) sizes = {sizes[0], sizes[2], sizes[3], sizes[4], sizes[1]};
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> strides, ReadTriple(node, "strides", first));
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> dilations, ReadTriple(node, "dilations", first));
  MACE_ASSIGN_OR_RETURN(const bool same, IsSame(node));
  for (size_t i = 0; i < 3; ++i) {
    VolumeAxis& axis = made.volume.axes[i];
    axis.extent = sizes[i + 1];
    axis.kernel = filter[static_cast<int>(i)];
    axis.stride = strides[i];
    axis.dilation = dilations[i];
    if (axis.extent < 1 || axis.kernel < 1) return InvalidArgument("expected extents from 1");
    MACE_RETURN_IF_ERROR(SetPadding(same, &axis));
    const int64_t found = x[static_cast<int>(i) + (first ? 2 : 1)];
    if (axis.result != found) {
      return InvalidArgument("expected an input that a convolution of the output gives, found " +
                             x.ToString());
    }
  }
  if (sizes[4] != filter[3] || sizes[0] != x[0]) {
    return InvalidArgument("input_sizes: expected " + std::to_string(x[0]) + " images of " +
                           std::to_string(filter[3]) + " channels");
  }
  made.result = std::move(sizes);
  return made;
}

// Output extents, filter [depth, h, w, out, in], what a convolution put out: each tap along the
// depth is a transposed convolution of planes, and the taps add up.
Status ConvertDeconv3D(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3));
  if (node->shape(2).rank() != 5) {
    return InvalidArgument("input 2: expected rank 5, found " + node->shape(2).ToString());
  }
  MACE_ASSIGN_OR_RETURN(const Deconvolution made, ReadDeconvolution(*node));
  const VolumeAxis& depth = made.volume.axes[kDepth];
  MACE_RETURN_IF_ERROR(CheckTaps(depth));
  MACE_ASSIGN_OR_RETURN(const bool same, IsSame(*node));
  const Shape filter = node->shape(1);
  MACE_ASSIGN_OR_RETURN(ValueId x, EmitChannelsLast(node, node->input(2), made.volume));
  MACE_ASSIGN_OR_RETURN(x, EmitFlatDepth(node, x));
  ValueId y = kNoValue;
  for (int64_t tap = 0; tap < depth.kernel; ++tap) {
    MACE_ASSIGN_OR_RETURN(ValueId weights, EmitSlice(node, node->input(1), 0, tap, tap + 1));
    MACE_ASSIGN_OR_RETURN(
        weights, node->builder()->Reshape(weights, {filter[1], filter[2], filter[3], filter[4]}));
    MACE_ASSIGN_OR_RETURN(weights, node->builder()->Transpose(weights, {2, 3, 0, 1}));
    const VolumeAxis& h = made.volume.axes[kHeight];
    const VolumeAxis& w = made.volume.axes[kWidth];
    AttributeMap attributes;
    attributes.Set("strides", std::vector<int64_t>{h.stride, w.stride});
    attributes.Set("dilations", std::vector<int64_t>{h.dilation, w.dilation});
    attributes.Set("padding", int64_t{same});
    attributes.Set("dim", std::vector<int64_t>{node->builder()->ShapeOf(x)[0], made.result[2],
                                               made.result[3], made.result[4]});
    attributes.Set("framework_type", int64_t{2});  // The form without a shape input.
    MACE_ASSIGN_OR_RETURN(ValueId planes,
                          node->Emit("/planes", "Deconv2D", {x, weights}, std::move(attributes)));
    MACE_ASSIGN_OR_RETURN(planes, EmitDeepAgain(node, planes, made.result[0]));
    MACE_ASSIGN_OR_RETURN(planes,
                          EmitSpread(node, planes, depth, tap * depth.dilation - depth.before));
    if (tap == 0) {
      y = planes;
    } else {
      MACE_ASSIGN_OR_RETURN(y, EmitEltwise(node, EltwiseType::kSum, y, planes));
    }
  }
  return SetVolume(node, y, made.volume);
}

StatusOr<ValueId> EmitPlanePooling(TfNode* node, ValueId x, const Volume& volume, bool average) {
  const int64_t batch = node->builder()->ShapeOf(x)[0];
  MACE_ASSIGN_OR_RETURN(x, EmitFlatDepth(node, x));
  AttributeMap attributes = PlaneWindow(volume);
  attributes.Set("kernels",
                 std::vector<int64_t>{volume.axes[kHeight].kernel, volume.axes[kWidth].kernel});
  attributes.Set("pooling_type", int64_t{average ? 1 : 2});
  attributes.Set("round_mode", int64_t{0});
  MACE_ASSIGN_OR_RETURN(const ValueId y,
                        node->Emit("/planes", "Pooling", {x}, std::move(attributes)));
  return EmitDeepAgain(node, y, batch);
}

// One over the number of taps that see the input, for each place of the depth.
ValueId AddShares(TfNode* node, const VolumeAxis& depth) {
  std::vector<float> shares;
  for (int64_t place = 0; place < depth.result; ++place) {
    const int64_t begin = place * depth.stride - depth.before;
    const int64_t seen = std::min(begin + depth.kernel, depth.extent) - std::max<int64_t>(begin, 0);
    shares.push_back(1.0f / static_cast<float>(std::max<int64_t>(seen, 1)));
  }
  return AddFloats(node, Shape{1, depth.result, 1, 1, 1}, std::move(shares));
}

// Height and width first, then the depth. Padding takes no part in either.
Status ConvertVolumePooling(TfNode* node, bool average) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  MACE_ASSIGN_OR_RETURN(const Volume layout, ReadLayout(*node, 0));
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> kernel,
                        ReadTriple(*node, "ksize", layout.channels_first));
  MACE_ASSIGN_OR_RETURN(const Volume volume, ReadVolume(*node, kernel));
  const VolumeAxis& depth = volume.axes[kDepth];
  MACE_RETURN_IF_ERROR(CheckTaps(depth));
  MACE_ASSIGN_OR_RETURN(ValueId x, EmitChannelsLast(node, node->input(0), volume));
  MACE_ASSIGN_OR_RETURN(x, EmitPlanePooling(node, x, volume, average));
  const double outside = average ? 0 : -std::numeric_limits<double>::infinity();
  MACE_ASSIGN_OR_RETURN(x, EmitDepthPadding(node, x, depth, outside));
  ValueId y = kNoValue;
  for (int64_t tap = 0; tap < depth.kernel; ++tap) {
    MACE_ASSIGN_OR_RETURN(const ValueId seen, EmitTap(node, x, depth, tap));
    const EltwiseType type = average ? EltwiseType::kSum : EltwiseType::kMax;
    if (tap == 0) {
      y = seen;
    } else {
      MACE_ASSIGN_OR_RETURN(y, EmitEltwise(node, type, y, seen));
    }
  }
  if (average && depth.kernel > 1) {
    MACE_RETURN_IF_ERROR(
        node->builder()->Reserve("shares", static_cast<size_t>(depth.result) * sizeof(float)));
    MACE_ASSIGN_OR_RETURN(y, EmitEltwise(node, EltwiseType::kProd, y, AddShares(node, depth)));
  }
  return SetVolume(node, y, volume);
}

Status ConvertMaxPool3D(TfNode* node) { return ConvertVolumePooling(node, false); }
Status ConvertAvgPool3D(TfNode* node) { return ConvertVolumePooling(node, true); }

}  // namespace

const TfConverterEntry kTfVolumeConverters[] = {
    {"AvgPool3D", ConvertAvgPool3D},
    {"Conv3D", ConvertConv3D},
    {"Conv3DBackpropInputV2", ConvertDeconv3D},
    {"MaxPool3D", ConvertMaxPool3D},
    {nullptr, nullptr},
};

}  // namespace mace
