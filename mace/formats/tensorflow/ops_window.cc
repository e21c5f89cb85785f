// TensorFlow's ops over the windows of an image that the graph's Pooling does not have: each window
// becomes an axis of its own, of which the largest element is taken.
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

struct PlaneAxis {
  int64_t extent = 1;
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t dilation = 1;
  int64_t before = 0;
  int64_t after = 0;
  int64_t result = 1;
};

struct Plane {
  PlaneAxis h;
  PlaneAxis w;
};

constexpr int64_t kMaxPlaneWindow = int64_t{1} << 16;

// Height and width of four numbers, NHWC.
StatusOr<std::vector<int64_t>> ReadPair(const TfNode& node, const char* name) {
  std::vector<int64_t> all = node.Ints(name);
  if (all.empty()) all = {1, 1, 1, 1};
  bool fits = all.size() == 4 && all[0] == 1 && all[3] == 1;
  for (int64_t number : all) fits = fits && number >= 1 && number <= kMaxPlaneWindow;
  if (fits) return std::vector<int64_t>{all[1], all[2]};
  return Unsupported(std::string(name) +
                     ": expected four numbers from 1 with 1 for batch and channels, found [" +
                     JoinNumbers(all, ", ") + "]");
}

Status SetPadding(const std::string& padding, PlaneAxis* axis) {
  const int64_t span = (axis->kernel - 1) * axis->dilation + 1;
  if (padding == "SAME") {
    axis->result = CeilDivide(axis->extent, axis->stride);
    const int64_t total =
        std::max<int64_t>((axis->result - 1) * axis->stride + span - axis->extent, 0);
    axis->before = total / 2;
    axis->after = total - axis->before;
    return Status::Ok();
  }
  if (padding != "VALID") {
    return Unsupported("padding: expected SAME or VALID, found " + Printable(padding));
  }
  if (axis->kernel < 1 || axis->extent < span) {
    return InvalidArgument("expected a window of 1 to " + std::to_string(axis->extent) +
                           ", found " + std::to_string(span));
  }
  axis->result = (axis->extent - span) / axis->stride + 1;
  return Status::Ok();
}

StatusOr<Plane> ReadPlane(const TfNode& node, const std::vector<int64_t>& kernel,
                          const std::vector<int64_t>& strides,
                          const std::vector<int64_t>& dilations) {
  if (node.shape(0).rank() != 4) {
    return InvalidArgument("expected an input of rank 4, found " + node.shape(0).ToString());
  }
  Plane plane;
  plane.h = {node.shape(0)[1], kernel[0], strides[0], dilations[0], 0, 0, 1};
  plane.w = {node.shape(0)[2], kernel[1], strides[1], dilations[1], 0, 0, 1};
  const std::string padding = node.String("padding", "");
  for (PlaneAxis* axis : {&plane.h, &plane.w}) MACE_RETURN_IF_ERROR(SetPadding(padding, axis));
  return plane;
}

// x [n, h, w, c] as [n, result h, result w, taps, c]; -infinity outside.
StatusOr<ValueId> EmitWindows(TfNode* node, const Plane& plane) {
  const Shape shape = node->shape(0);
  ValueId x = node->input(0);
  const std::vector<int64_t> paddings = {
      0, 0, plane.h.before, plane.h.after, plane.w.before, plane.w.after, 0, 0};
  if (std::any_of(paddings.begin(), paddings.end(), [](int64_t p) { return p > 0; })) {
    MACE_ASSIGN_OR_RETURN(x,
                          EmitPadding(node, x, paddings, -std::numeric_limits<double>::infinity()));
  }
  AttributeMap attributes;
  attributes.Set("kernels", std::vector<int64_t>{plane.h.kernel, plane.w.kernel});
  attributes.Set("strides", std::vector<int64_t>{plane.h.stride, plane.w.stride});
  attributes.Set("dilations", std::vector<int64_t>{plane.h.dilation, plane.w.dilation});
  attributes.Set("padding", int64_t{0});
  MACE_ASSIGN_OR_RETURN(x,
                        node->Emit("/windows", "ExtractImagePatches", {x}, std::move(attributes)));
  return node->builder()->Reshape(
      x, {shape[0], plane.h.result, plane.w.result, plane.h.kernel * plane.w.kernel, shape[3]});
}

// x, filter [h, w, c]: the largest sum of an element and the filter's number at its place.
Status ConvertDilation2D(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  const Shape filter = node->shape(1);
  if (filter.rank() != 3 || node->shape(0).rank() != 4 || filter[2] != node->shape(0)[3]) {
    return InvalidArgument("filter: expected [h, w, channels] for " + node->shape(0).ToString() +
                           ", found " + filter.ToString());
  }
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> strides, ReadPair(*node, "strides"));
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> rates, ReadPair(*node, "rates"));
  MACE_ASSIGN_OR_RETURN(const Plane plane,
                        ReadPlane(*node, {filter[0], filter[1]}, strides, rates));
  MACE_ASSIGN_OR_RETURN(const ValueId windows, EmitWindows(node, plane));
  MACE_ASSIGN_OR_RETURN(
      const ValueId offsets,
      node->builder()->Reshape(node->input(1), {filter[0] * filter[1], filter[2]}));
  MACE_ASSIGN_OR_RETURN(const ValueId sums, EmitEltwise(node, EltwiseType::kSum, windows, offsets));
  MACE_ASSIGN_OR_RETURN(const ValueId y, EmitReduce(node, ReduceType::kMax, sums, {3}, false));
  node->SetResult(y);
  return Status::Ok();
}

// Where the first tap of each window lies in the flat image [h, w, c], less than 0 in the padding.
StatusOr<ValueId> AddOrigins(TfNode* node, const Plane& plane, int64_t channels) {
  const Shape shape{plane.h.result, plane.w.result, channels};
  MACE_RETURN_IF_ERROR(node->builder()->Reserve(
      "positions", static_cast<size_t>(shape.elements()) * sizeof(int32_t)));
  std::vector<int32_t> origins;
  for (int64_t i = 0; i < shape.elements(); ++i) {
    const int64_t h = i / (plane.w.result * channels) * plane.h.stride - plane.h.before;
    const int64_t w = i / channels % plane.w.result * plane.w.stride - plane.w.before;
    origins.push_back(static_cast<int32_t>((h * plane.w.extent + w) * channels + i % channels));
  }
  return AddInts(node, shape, std::move(origins));
}

// The number of a tap as a distance in the flat image.
StatusOr<ValueId> EmitTapDistances(TfNode* node, ValueId taps, const Plane& plane,
                                   int64_t channels) {
  MACE_RETURN_IF_ERROR(node->builder()->Reserve(
      "positions", static_cast<size_t>(plane.h.kernel * plane.w.kernel) * sizeof(int32_t)));
  std::vector<int32_t> distances;
  for (int64_t tap = 0; tap < plane.h.kernel * plane.w.kernel; ++tap) {
    const int64_t h = tap / plane.w.kernel, w = tap % plane.w.kernel;
    distances.push_back(static_cast<int32_t>((h * plane.w.extent + w) * channels));
  }
  const Shape count{static_cast<int64_t>(distances.size())};
  return EmitGather(node, AddInts(node, count, std::move(distances)), taps, 0);
}

// The largest elements, and where they are in the flat image, or in all images of the batch.
Status ConvertMaxPoolWithArgmax(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> kernel, ReadPair(*node, "ksize"));
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> strides, ReadPair(*node, "strides"));
  MACE_ASSIGN_OR_RETURN(const Plane plane, ReadPlane(*node, kernel, strides, {1, 1}));
  const Shape shape = node->shape(0);
  if (shape.elements() > INT32_MAX) return Unsupported("an input of 2^31 elements");
  MACE_ASSIGN_OR_RETURN(const ValueId windows, EmitWindows(node, plane));
  MACE_ASSIGN_OR_RETURN(const ValueId y, EmitReduce(node, ReduceType::kMax, windows, {3}, false));
  AttributeMap attributes;
  attributes.Set("axis", int64_t{3});
  attributes.Set("keepdims", int64_t{0});
  MACE_ASSIGN_OR_RETURN(ValueId places,
                        node->Emit("/taps", "ArgMax", {windows}, std::move(attributes)));
  MACE_ASSIGN_OR_RETURN(places, EmitTapDistances(node, places, plane, shape[3]));
  MACE_ASSIGN_OR_RETURN(const ValueId origins, AddOrigins(node, plane, shape[3]));
  MACE_ASSIGN_OR_RETURN(places, EmitEltwise(node, EltwiseType::kSum, places, origins));
  if (node->Bool("include_batch_in_index", false)) {
    std::vector<int32_t> images;
    for (int64_t i = 0; i < shape[0]; ++i) {
      images.push_back(static_cast<int32_t>(i * shape.elements(1, 4)));
    }
    const Shape each{shape[0], 1, 1, 1};
    MACE_ASSIGN_OR_RETURN(places, EmitEltwise(node, EltwiseType::kSum, places,
                                              AddInts(node, each, std::move(images))));
  }
  node->SetResults({y, places});
  return Status::Ok();
}

// Kernel and strides are known inputs.
Status ConvertMaxPoolV2(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3));
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> kernel, node->Numbers(1));
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> strides, node->Numbers(2));
  const std::string format = node->String("data_format", "NHWC");
  const bool fits = kernel.size() == 4 && strides.size() == 4 && kernel[0] == 1 && kernel[3] == 1 &&
                    strides[0] == 1 && strides[3] == 1 && format == "NHWC";
  if (!fits) {
    return Unsupported("expected windows over height and width of NHWC, found [" +
                       JoinNumbers(kernel, ", ") + "], [" + JoinNumbers(strides, ", ") + "] of " +
                       Printable(format));
  }
  AttributeMap attributes;
  attributes.Set("kernels", std::vector<int64_t>{kernel[1], kernel[2]});
  attributes.Set("strides", std::vector<int64_t>{strides[1], strides[2]});
  attributes.Set("pooling_type", int64_t{2});
  attributes.Set("round_mode", int64_t{0});
  const std::string padding = node->String("padding", "");
  if (padding != "SAME" && padding != "VALID") {
    return Unsupported("padding: expected SAME or VALID, found " + Printable(padding));
  }
  attributes.Set("padding", int64_t{padding == "SAME"});
  return node->EmitResult("Pooling", {node->input(0)}, std::move(attributes));
}

// The older forms of SpaceToBatchND and BatchToSpaceND have one block size for height and width.
Status ConvertBatchBlock(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  const int64_t block = node->Int("block_size", 0);
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> margins, node->Numbers(1));
  const bool to_batch = node->def().op() == "SpaceToBatch";
  AttributeMap attributes;
  attributes.Set("block_shape", std::vector<int64_t>{block, block});
  attributes.Set(to_batch ? "paddings" : "crops", std::move(margins));
  return node->EmitResult(to_batch ? "SpaceToBatchND" : "BatchToSpaceND", {node->input(0)},
                          std::move(attributes));
}

}  // namespace

const TfConverterEntry kTfWindowConverters[] = {
    {"BatchToSpace", ConvertBatchBlock}, {"Dilation2D", ConvertDilation2D},
    {"MaxPoolV2", ConvertMaxPoolV2},     {"MaxPoolWithArgmax", ConvertMaxPoolWithArgmax},
    {"SpaceToBatch", ConvertBatchBlock}, {nullptr, nullptr},
};

}  // namespace mace
