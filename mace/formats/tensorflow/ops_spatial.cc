// Convolutions, pooling, normalisation, resizing: TensorFlow's ops over images. The graph's ops see
// NHWC; TfNode::EmitSpatial puts transposes around an NCHW node.
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/tensorflow/node.h"

namespace mace {
namespace {

constexpr int64_t kPaddingValid = 0;
constexpr int64_t kPaddingSame = 1;
constexpr int64_t kAverage = 1;
constexpr int64_t kMaximum = 2;

// Height and width of a list over all four axes; the others must be 1.
StatusOr<std::vector<int64_t>> SpatialPair(const TfNode& node, const std::string& name) {
  std::vector<int64_t> all = node.Ints(name);
  if (all.empty()) all = {1, 1, 1, 1};
  MACE_ASSIGN_OR_RETURN(const bool nchw, node.IsNchw());
  const size_t channels = nchw ? 1 : 3, height = nchw ? 2 : 1;
  if (all.size() != 4 || all[0] != 1 || all[channels] != 1) {
    return Unsupported(name + ": expected four numbers with 1 for batch and channels, found [" +
                       JoinNumbers(all, ", ") + "]");
  }
  return std::vector<int64_t>{all[height], all[height + 1]};
}

// SAME, VALID, or the eight numbers of explicit_paddings (before and after, each axis).
Status SetPadding(const TfNode& node, AttributeMap* attributes) {
  const std::string padding = node.String("padding", "");
  if (padding == "SAME" || padding == "VALID") {
    attributes->Set("padding", padding == "SAME" ? kPaddingSame : kPaddingValid);
    return Status::Ok();
  }
  if (padding != "EXPLICIT") {
    return Unsupported("padding: expected SAME, VALID or EXPLICIT, found " + Printable(padding));
  }
  const std::vector<int64_t> all = node.Ints("explicit_paddings");
  MACE_ASSIGN_OR_RETURN(const bool nchw, node.IsNchw());
  const size_t height = nchw ? 4 : 2, channels = nchw ? 2 : 6;
  if (all.size() != 8 || all[0] != 0 || all[1] != 0 || all[channels] != 0 ||
      all[channels + 1] != 0) {
    return Unsupported(
        "explicit_paddings: expected eight numbers with 0 for batch and channels, "
        "found [" +
        JoinNumbers(all, ", ") + "]");
  }
  attributes->Set(
      "pads", std::vector<int64_t>{all[height], all[height + 2], all[height + 1], all[height + 3]});
  return Status::Ok();
}

Status SetWindow(const TfNode& node, AttributeMap* attributes) {
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> strides, SpatialPair(node, "strides"));
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> dilations, SpatialPair(node, "dilations"));
  attributes->Set("strides", std::move(strides));
  attributes->Set("dilations", std::move(dilations));
  return SetPadding(node, attributes);
}

StatusOr<int64_t> ChannelsOf(const TfNode& node, size_t input) {
  MACE_ASSIGN_OR_RETURN(const bool nchw, node.IsNchw());
  if (node.shape(input).rank() != 4) {
    return InvalidArgument("input " + std::to_string(input) + ": expected rank 4, found " +
                           node.shape(input).ToString());
  }
  return node.shape(input).dim(nchw ? 1 : 3);
}

// HWIO to OIHW. A filter with fewer input channels than the input has makes groups.
Status ConvertConv2D(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  AttributeMap attributes;
  MACE_RETURN_IF_ERROR(SetWindow(*node, &attributes));
  MACE_ASSIGN_OR_RETURN(const int64_t channels, ChannelsOf(*node, 0));
  MACE_ASSIGN_OR_RETURN(const ValueId filter,
                        node->builder()->Transpose(node->input(1), {3, 2, 0, 1}));
  const int64_t filter_channels = node->builder()->ShapeOf(filter).dim(1);
  if (filter_channels > 0 && filter_channels != channels && channels % filter_channels == 0) {
    attributes.Set("group", channels / filter_channels);
  }
  return node->EmitSpatial("Conv2D", {node->input(0), filter}, std::move(attributes));
}

// HWCM to MCHW.
Status ConvertDepthwise(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  AttributeMap attributes;
  MACE_RETURN_IF_ERROR(SetWindow(*node, &attributes));
  MACE_ASSIGN_OR_RETURN(const ValueId filter,
                        node->builder()->Transpose(node->input(1), {3, 2, 0, 1}));
  return node->EmitSpatial("DepthwiseConv2d", {node->input(0), filter}, std::move(attributes));
}

// Inputs: output shape, filter HWOI (O is what this op puts out), what a convolution put out.
Status ConvertDeconv(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3));
  AttributeMap attributes;
  MACE_RETURN_IF_ERROR(SetWindow(*node, &attributes));
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> dim, node->Numbers(0));
  MACE_ASSIGN_OR_RETURN(const bool nchw, node->IsNchw());
  if (dim.size() != 4) {
    return InvalidArgument("input 0: expected an output shape of four extents, found [" +
                           JoinNumbers(dim, ", ") + "]");
  }
  if (nchw) dim = {dim[0], dim[2], dim[3], dim[1]};
  attributes.Set("dim", dim);
  attributes.Set("framework_type", int64_t{2});  // The form without a shape input.
  MACE_ASSIGN_OR_RETURN(const ValueId filter,
                        node->builder()->Transpose(node->input(1), {2, 3, 0, 1}));
  return node->EmitSpatial("Deconv2D", {node->input(2), filter}, std::move(attributes));
}

Status ConvertPooling(TfNode* node, int64_t pooling_type) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  AttributeMap attributes;
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> strides, SpatialPair(*node, "strides"));
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> kernels, SpatialPair(*node, "ksize"));
  attributes.Set("strides", std::move(strides));
  attributes.Set("kernels", std::move(kernels));
  attributes.Set("pooling_type", pooling_type);
  attributes.Set("round_mode", int64_t{0});
  MACE_RETURN_IF_ERROR(SetPadding(*node, &attributes));
  return node->EmitSpatial("Pooling", {node->input(0)}, std::move(attributes));
}

Status ConvertAvgPool(TfNode* node) { return ConvertPooling(node, kAverage); }
Status ConvertMaxPool(TfNode* node) { return ConvertPooling(node, kMaximum); }

Status ConvertBiasAdd(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  return node->EmitSpatial("BiasAdd", {node->input(0), node->input(1)}, {});
}

Status ConvertResize(TfNode* node, const char* type) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  AttributeMap attributes;
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> size, node->Numbers(1));
  attributes.Set("size", std::move(size));
  attributes.Set("align_corners", int64_t{node->Bool("align_corners", false)});
  attributes.Set("coordinate_transformation_mode",
                 int64_t{node->Bool("half_pixel_centers", false)});
  return node->EmitResult(type, {node->input(0)}, std::move(attributes));
}

Status ConvertResizeBicubic(TfNode* node) { return ConvertResize(node, "ResizeBicubic"); }
Status ConvertResizeBilinear(TfNode* node) { return ConvertResize(node, "ResizeBilinear"); }
Status ConvertResizeNearest(TfNode* node) { return ConvertResize(node, "ResizeNearestNeighbor"); }

Status ConvertBlocks(TfNode* node, const char* type) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  AttributeMap attributes;
  attributes.Set("block_size", node->Int("block_size", 0));
  return node->EmitSpatial(type, {node->input(0)}, std::move(attributes));
}

Status ConvertDepthToSpace(TfNode* node) { return ConvertBlocks(node, "DepthToSpace"); }
Status ConvertSpaceToDepth(TfNode* node) { return ConvertBlocks(node, "SpaceToDepth"); }

// x, block_shape, and the margins that are added or cut off.
Status ConvertBatchBlocks(TfNode* node, const char* type, const char* margins_name) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3));
  AttributeMap attributes;
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> block_shape, node->Numbers(1));
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> margins, node->Numbers(2));
  attributes.Set("block_shape", std::move(block_shape));
  attributes.Set(margins_name, std::move(margins));
  return node->EmitResult(type, {node->input(0)}, std::move(attributes));
}

Status ConvertSpaceToBatch(TfNode* node) {
  return ConvertBatchBlocks(node, "SpaceToBatchND", "paddings");
}
Status ConvertBatchToSpace(TfNode* node) {
  return ConvertBatchBlocks(node, "BatchToSpaceND", "crops");
}

}  // namespace

const TfConverterEntry kTfSpatialConverters[] = {
    {"AvgPool", ConvertAvgPool},
    {"BatchToSpaceND", ConvertBatchToSpace},
    {"BiasAdd", ConvertBiasAdd},
    {"Conv2D", ConvertConv2D},
    {"Conv2DBackpropInput", ConvertDeconv},
    {"DepthToSpace", ConvertDepthToSpace},
    {"DepthwiseConv2dNative", ConvertDepthwise},
    {"MaxPool", ConvertMaxPool},
    {"ResizeBicubic", ConvertResizeBicubic},
    {"ResizeBilinear", ConvertResizeBilinear},
    {"ResizeNearestNeighbor", ConvertResizeNearest},
    {"SpaceToBatchND", ConvertSpaceToBatch},
    {"SpaceToDepth", ConvertSpaceToDepth},
    {nullptr, nullptr},
};

}  // namespace mace
