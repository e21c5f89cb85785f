// TensorFlow Lite's operators over images and volumes: convolutions, pooling, normalisation of
// channels, resizing, blocks. All tensors are NHWC or NDHWC.
#include <string>
#include <utility>
#include <vector>

#include "mace/formats/tflite/bias.h"
#include "mace/formats/tflite/node.h"
#include "mace/formats/tflite/quantized.h"

namespace mace {
namespace {

Status RequireRank(const TfliteNode& node, size_t input, int rank) {
  if (node.shape(input).rank() == rank) return Status::Ok();
  return InvalidArgument("input " + std::to_string(input) + ": expected rank " +
                         std::to_string(rank) + ", found " + node.shape(input).ToString());
}

Status SetPadding(tflite::Padding padding, AttributeMap* attributes) {
  MACE_ASSIGN_OR_RETURN(const std::string name, TflitePadding(padding));
  attributes->Set("padding", int64_t{name == "SAME"});
  return Status::Ok();
}

void SetPair(const char* name, int64_t height, int64_t width, AttributeMap* attributes) {
  attributes->Set(name, std::vector<int64_t>{height, width});
}

// Filter [out, h, w, in]; one with fewer input channels than x makes groups.
Status ConvertConv2D(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 3));
  MACE_RETURN_IF_ERROR(RequireRank(*node, 0, 4));
  MACE_RETURN_IF_ERROR(RequireRank(*node, 1, 4));
  MACE_ASSIGN_OR_RETURN(const auto* options, node->OptionsOf<tflite::Conv2DOptions>());
  AttributeMap attributes;
  MACE_RETURN_IF_ERROR(SetPadding(options->padding(), &attributes));
  SetPair("strides", options->stride_h(), options->stride_w(), &attributes);
  SetPair("dilations", options->dilation_h_factor(), options->dilation_w_factor(), &attributes);
  MACE_ASSIGN_OR_RETURN(const ValueId filter,
                        node->builder()->Transpose(node->input(1), {0, 3, 1, 2}));
  const int64_t channels = node->shape(0)[3], depth = node->shape(1)[3];
  if (depth > 0 && depth != channels && channels % depth == 0) {
    attributes.Set("group", channels / depth);
  }
  return SetTfliteBiased(node, node->Emit("", "Conv2D", {node->input(0), filter}, attributes), {},
                         0, options->fused_activation_function());
}

// Filter [1, h, w, channels * multiplier]; the multiplied channels of a channel are neighbours.
Status ConvertDepthwise(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 3));
  MACE_RETURN_IF_ERROR(RequireRank(*node, 0, 4));
  MACE_RETURN_IF_ERROR(RequireRank(*node, 1, 4));
  MACE_ASSIGN_OR_RETURN(const auto* options, node->OptionsOf<tflite::DepthwiseConv2DOptions>());
  const Shape filter_shape = node->shape(1);
  const int64_t channels = node->shape(0)[3];
  if (channels < 1 || filter_shape[0] != 1 || filter_shape[3] % channels != 0) {
    return InvalidArgument("filter: expected [1, height, width, a multiple of " +
                           std::to_string(channels) + "], found " + filter_shape.ToString());
  }
  AttributeMap attributes;
  MACE_RETURN_IF_ERROR(SetPadding(options->padding(), &attributes));
  SetPair("strides", options->stride_h(), options->stride_w(), &attributes);
  SetPair("dilations", options->dilation_h_factor(), options->dilation_w_factor(), &attributes);
  MACE_ASSIGN_OR_RETURN(
      ValueId filter,
      node->builder()->Reshape(node->input(1), {filter_shape[1], filter_shape[2], channels,
                                                filter_shape[3] / channels}));
  MACE_ASSIGN_OR_RETURN(filter, node->builder()->Transpose(filter, {3, 2, 0, 1}));
  return SetTfliteBiased(node,
                         node->Emit("", "DepthwiseConv2d", {node->input(0), filter}, attributes),
                         {}, 3, options->fused_activation_function());
}

// Inputs: output shape, filter [out, h, w, in], x, and in later versions a bias.
Status ConvertTransposeConv(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3, 4));
  MACE_RETURN_IF_ERROR(RequireRank(*node, 1, 4));
  MACE_RETURN_IF_ERROR(RequireRank(*node, 2, 4));
  MACE_ASSIGN_OR_RETURN(const auto* options, node->OptionsOf<tflite::TransposeConvOptions>());
  AttributeMap attributes;
  MACE_RETURN_IF_ERROR(SetPadding(options->padding(), &attributes));
  SetPair("strides", options->stride_h(), options->stride_w(), &attributes);
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> dim, node->Numbers(0));
  if (dim.size() != 4) {
    return InvalidArgument("input 0: expected an output shape of four extents, found " +
                           std::to_string(dim.size()));
  }
  attributes.Set("dim", std::move(dim));
  attributes.Set("framework_type", int64_t{2});  // The form without a shape input.
  MACE_ASSIGN_OR_RETURN(const ValueId filter,
                        node->builder()->Transpose(node->input(1), {0, 3, 1, 2}));
  return SetTfliteBiased(node, node->Emit("", "Deconv2D", {node->input(2), filter}, attributes),
                         {2, 1, 3}, 0, options->fused_activation_function());
}

// Filter [d, h, w, in, out].
Status ConvertConv3D(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 3));
  MACE_ASSIGN_OR_RETURN(const auto* options, node->OptionsOf<tflite::Conv3DOptions>());
  MACE_ASSIGN_OR_RETURN(const std::string padding, TflitePadding(options->padding()));
  TfliteTfOp op("Conv3D");
  op.Text("padding", padding);
  op.Ints("strides", {1, options->stride_d(), options->stride_h(), options->stride_w(), 1});
  op.Ints("dilations", {1, options->dilation_d_factor(), options->dilation_h_factor(),
                        options->dilation_w_factor(), 1});
  MACE_ASSIGN_OR_RETURN(const std::vector<ValueId> y,
                        node->EmitTf(op, {node->input(0), node->input(1)}));
  return SetTfliteBiased(node, y[0], {}, 4, options->fused_activation_function());
}

enum class Pool { kAverage = 1, kMaximum = 2 };

StatusOr<ValueId> EmitPool(TfliteNode* node, Pool pool, ValueId x,
                           const tflite::Pool2DOptions& options) {
  AttributeMap attributes;
  MACE_RETURN_IF_ERROR(SetPadding(options.padding(), &attributes));
  SetPair("strides", options.stride_h(), options.stride_w(), &attributes);
  SetPair("kernels", options.filter_height(), options.filter_width(), &attributes);
  attributes.Set("pooling_type", static_cast<int64_t>(pool));
  attributes.Set("round_mode", int64_t{0});
  return node->Emit("", "Pooling", {x}, std::move(attributes));
}

Status ConvertPool(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  MACE_RETURN_IF_ERROR(RequireRank(*node, 0, 4));
  MACE_ASSIGN_OR_RETURN(const auto* options, node->OptionsOf<tflite::Pool2DOptions>());
  const auto activation = options->fused_activation_function();
  if (node->code() == tflite::BuiltinOperator_MAX_POOL_2D) {
    return node->SetActivated(EmitPool(node, Pool::kMaximum, node->input(0), *options), activation);
  }
  if (!KeepsTfliteScale(*node)) {
    return node->SetActivated(EmitPool(node, Pool::kAverage, node->input(0), *options), activation);
  }
  const TfliteQuantization& by = *node->output_place(0).quantization;
  MACE_ASSIGN_OR_RETURN(ValueId steps, EmitTfliteSteps(node, node->input(0), by));
  MACE_ASSIGN_OR_RETURN(steps, EmitPool(node, Pool::kAverage, steps, *options));
  return node->SetActivated(EmitTfliteRoundedSteps(node, steps, by), activation);
}

// The root of the mean square of each window.
Status ConvertL2Pool(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  MACE_RETURN_IF_ERROR(RequireRank(*node, 0, 4));
  MACE_ASSIGN_OR_RETURN(const auto* options, node->OptionsOf<tflite::Pool2DOptions>());
  MACE_ASSIGN_OR_RETURN(ValueId x, EmitUnary(node, "square", node->input(0)));
  MACE_ASSIGN_OR_RETURN(x, EmitPool(node, Pool::kAverage, x, *options));
  return node->SetActivated(EmitUnary(node, "sqrt", x), options->fused_activation_function());
}

// x over its length along the last axis, which counts as 1e-6 at least.
Status ConvertL2Normalization(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  MACE_ASSIGN_OR_RETURN(const auto* options, node->OptionsOf<tflite::L2NormOptions>());
  const ValueId x = node->input(0);
  if (node->shape(0).rank() < 1) return InvalidArgument("expected vectors, found a scalar");
  MACE_ASSIGN_OR_RETURN(ValueId length, EmitUnary(node, "square", x));
  MACE_ASSIGN_OR_RETURN(
      length, EmitReduce(node, ReduceType::kSum, length, {node->shape(0).rank() - 1}, true));
  MACE_ASSIGN_OR_RETURN(length, EmitUnary(node, "sqrt", length));
  MACE_ASSIGN_OR_RETURN(length, EmitEltwise(node, EltwiseType::kMax, length, 1e-6));
  return node->SetActivated(EmitEltwise(node, EltwiseType::kDiv, x, length),
                            options->fused_activation_function());
}

Status ConvertLrn(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  MACE_ASSIGN_OR_RETURN(const auto* options,
                        node->OptionsOf<tflite::LocalResponseNormalizationOptions>());
  TfliteTfOp op("LRN");
  op.Int("depth_radius", options->radius()).Float("bias", double{options->bias()});
  op.Float("alpha", double{options->alpha()}).Float("beta", double{options->beta()});
  return node->ConvertAs(op);
}

Status ConvertResizeBilinear(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  MACE_RETURN_IF_ERROR(RequireRank(*node, 0, 4));
  MACE_ASSIGN_OR_RETURN(const auto* options, node->OptionsOf<tflite::ResizeBilinearOptions>());
  TfliteTfOp op("ResizeBilinear");
  op.Bool("align_corners", options->align_corners());
  op.Bool("half_pixel_centers", options->half_pixel_centers());
  if (!KeepsTfliteScale(*node)) return node->ConvertAs(op);
  const TfliteQuantization& by = *node->output_place(0).quantization;
  MACE_ASSIGN_OR_RETURN(const ValueId steps, EmitTfliteSteps(node, node->input(0), by));
  MACE_RETURN_IF_ERROR(node->ConvertAs(op, {steps, node->input(1)}));
  return node->SetResult(EmitTfliteRoundedSteps(node, node->results()[0], by));
}

Status ConvertResizeNearest(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  MACE_RETURN_IF_ERROR(RequireRank(*node, 0, 4));
  MACE_ASSIGN_OR_RETURN(const auto* options,
                        node->OptionsOf<tflite::ResizeNearestNeighborOptions>());
  TfliteTfOp op("ResizeNearestNeighbor");
  op.Bool("align_corners", options->align_corners());
  op.Bool("half_pixel_centers", options->half_pixel_centers());
  return node->ConvertAs(op);
}

Status ConvertDepthToSpace(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  MACE_ASSIGN_OR_RETURN(const auto* options, node->OptionsOf<tflite::DepthToSpaceOptions>());
  return node->ConvertAs(TfliteTfOp("DepthToSpace").Int("block_size", options->block_size()));
}

Status ConvertSpaceToDepth(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  MACE_ASSIGN_OR_RETURN(const auto* options, node->OptionsOf<tflite::SpaceToDepthOptions>());
  return node->ConvertAs(TfliteTfOp("SpaceToDepth").Int("block_size", options->block_size()));
}

Status ConvertBatchBlocks(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3));
  const bool to_batch = node->code() == tflite::BuiltinOperator_SPACE_TO_BATCH_ND;
  return node->ConvertAs(TfliteTfOp(to_batch ? "SpaceToBatchND" : "BatchToSpaceND"));
}

}  // namespace

const TfliteConverterEntry kTfliteSpatialConverters[] = {
    {tflite::BuiltinOperator_AVERAGE_POOL_2D, ConvertPool},
    {tflite::BuiltinOperator_BATCH_TO_SPACE_ND, ConvertBatchBlocks},
    {tflite::BuiltinOperator_CONV_2D, ConvertConv2D},
    {tflite::BuiltinOperator_CONV_3D, ConvertConv3D},
    {tflite::BuiltinOperator_DEPTHWISE_CONV_2D, ConvertDepthwise},
    {tflite::BuiltinOperator_DEPTH_TO_SPACE, ConvertDepthToSpace},
    {tflite::BuiltinOperator_L2_NORMALIZATION, ConvertL2Normalization},
    {tflite::BuiltinOperator_L2_POOL_2D, ConvertL2Pool},
    {tflite::BuiltinOperator_LOCAL_RESPONSE_NORMALIZATION, ConvertLrn},
    {tflite::BuiltinOperator_MAX_POOL_2D, ConvertPool},
    {tflite::BuiltinOperator_RESIZE_BILINEAR, ConvertResizeBilinear},
    {tflite::BuiltinOperator_RESIZE_NEAREST_NEIGHBOR, ConvertResizeNearest},
    {tflite::BuiltinOperator_SPACE_TO_BATCH_ND, ConvertBatchBlocks},
    {tflite::BuiltinOperator_SPACE_TO_DEPTH, ConvertSpaceToDepth},
    {tflite::BuiltinOperator_TRANSPOSE_CONV, ConvertTransposeConv},
    {tflite::BuiltinOperator_ADD, nullptr},
};

}  // namespace mace
