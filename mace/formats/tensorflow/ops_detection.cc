// TensorFlow's CropAndResize: boxes of an image, each resized to one size, as gathers of the
// corners around each point and their weighted sum.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/tensorflow/emit.h"

namespace mace {
namespace {

// Where the points of all boxes lie along one axis of the image, [boxes, points].
struct CropAxis {
  ValueId inside = kNoValue;  // Bool: whether the point is in the image.
  ValueId first = kNoValue;   // int32: the pixel before or at the point.
  ValueId second = kNoValue;  // int32: the pixel behind or at the point.
  ValueId share = kNoValue;   // How far the point is from the first to the second one.
};

// low * (extent - 1) + point * ((high - low) * (extent - 1) / (points - 1)); one point is the
// middle.
StatusOr<ValueId> EmitCoordinates(TfNode* node, ValueId low, ValueId high, int64_t extent,
                                  int64_t points) {
  const double last = static_cast<double>(extent - 1);
  if (points == 1) {
    MACE_ASSIGN_OR_RETURN(ValueId middle, EmitEltwise(node, EltwiseType::kSum, low, high));
    MACE_ASSIGN_OR_RETURN(middle, EmitEltwise(node, EltwiseType::kProd, middle, 0.5));
    return EmitEltwise(node, EltwiseType::kProd, middle, last);
  }
  MACE_ASSIGN_OR_RETURN(ValueId scale, EmitEltwise(node, EltwiseType::kSub, high, low));
  MACE_ASSIGN_OR_RETURN(scale, EmitEltwise(node, EltwiseType::kProd, scale, last));
  MACE_ASSIGN_OR_RETURN(
      scale, EmitEltwise(node, EltwiseType::kDiv, scale, static_cast<double>(points - 1)));
  std::vector<float> numbers;
  for (int64_t i = 0; i < points; ++i) numbers.push_back(static_cast<float>(i));
  MACE_ASSIGN_OR_RETURN(const ValueId steps,
                        EmitEltwise(node, EltwiseType::kProd, scale,
                                    AddFloats(node, Shape{1, points}, std::move(numbers))));
  MACE_ASSIGN_OR_RETURN(const ValueId start, EmitEltwise(node, EltwiseType::kProd, low, last));
  return EmitEltwise(node, EltwiseType::kSum, start, steps);
}

StatusOr<CropAxis> EmitAxis(TfNode* node, ValueId at, int64_t extent, bool nearest) {
  const double last = static_cast<double>(extent - 1);
  CropAxis axis;
  MACE_ASSIGN_OR_RETURN(const ValueId begun,
                        EmitEltwise(node, EltwiseType::kGreaterEqual, at, 0.0));
  MACE_ASSIGN_OR_RETURN(const ValueId open, EmitEltwise(node, EltwiseType::kLessEqual, at, last));
  MACE_ASSIGN_OR_RETURN(axis.inside, EmitEltwise(node, EltwiseType::kAnd, begun, open));
  // A point outside takes part as one at the edge, and is replaced later.
  const ValueId zero = AddFloats(node, Shape(), {0});
  MACE_ASSIGN_OR_RETURN(at, EmitWhere(node, axis.inside, at, zero));
  ValueId first = kNoValue, second = kNoValue;
  if (nearest) {
    // Half goes away from zero, and no point is below zero.
    MACE_ASSIGN_OR_RETURN(const ValueId moved, EmitEltwise(node, EltwiseType::kSum, at, 0.5));
    MACE_ASSIGN_OR_RETURN(first, EmitUnary(node, "floor", moved));
    second = first;
  } else {
    MACE_ASSIGN_OR_RETURN(first, EmitUnary(node, "floor", at));
    MACE_ASSIGN_OR_RETURN(second, EmitUnary(node, "ceil", at));
  }
  MACE_ASSIGN_OR_RETURN(axis.share, EmitEltwise(node, EltwiseType::kSub, at, first));
  MACE_ASSIGN_OR_RETURN(axis.first, EmitCast(node, first, DType::kInt32));
  MACE_ASSIGN_OR_RETURN(axis.second, EmitCast(node, second, DType::kInt32));
  return axis;
}

struct Crop {
  CropAxis h;
  CropAxis w;
  ValueId pixels = kNoValue;  // The image as [batch * h * w, c].
  ValueId images = kNoValue;  // int32 [boxes, 1, 1]: where the image of each box begins in them.
  int64_t boxes = 0;
  int64_t height = 0;
  int64_t width = 0;
  int64_t image_width = 0;
};

// The pixels at rows [boxes, height] and columns [boxes, width]: [boxes, height, width, c].
StatusOr<ValueId> EmitPixels(TfNode* node, const Crop& crop, ValueId rows, ValueId columns) {
  GraphBuilder* builder = node->builder();
  MACE_ASSIGN_OR_RETURN(const ValueId width, AddScalar(node, DType::kInt32, crop.image_width));
  MACE_ASSIGN_OR_RETURN(ValueId at, EmitEltwise(node, EltwiseType::kProd, rows, width));
  MACE_ASSIGN_OR_RETURN(at, builder->Reshape(at, {crop.boxes, crop.height, 1}));
  MACE_ASSIGN_OR_RETURN(columns, builder->Reshape(columns, {crop.boxes, 1, crop.width}));
  MACE_ASSIGN_OR_RETURN(at, EmitEltwise(node, EltwiseType::kSum, at, columns));
  MACE_ASSIGN_OR_RETURN(at, EmitEltwise(node, EltwiseType::kSum, at, crop.images));
  return EmitGather(node, crop.pixels, at, 0);
}

// a + (b - a) * share.
StatusOr<ValueId> EmitBetween(TfNode* node, ValueId a, ValueId b, ValueId share) {
  MACE_ASSIGN_OR_RETURN(ValueId way, EmitEltwise(node, EltwiseType::kSub, b, a));
  MACE_ASSIGN_OR_RETURN(way, EmitEltwise(node, EltwiseType::kProd, way, share));
  return EmitEltwise(node, EltwiseType::kSum, a, way);
}

StatusOr<ValueId> EmitBilinear(TfNode* node, const Crop& crop) {
  GraphBuilder* builder = node->builder();
  MACE_ASSIGN_OR_RETURN(const ValueId w_share,
                        builder->Reshape(crop.w.share, {crop.boxes, 1, crop.width, 1}));
  MACE_ASSIGN_OR_RETURN(const ValueId h_share,
                        builder->Reshape(crop.h.share, {crop.boxes, crop.height, 1, 1}));
  ValueId rows[2];
  const ValueId at[] = {crop.h.first, crop.h.second};
  for (size_t i = 0; i < 2; ++i) {
    MACE_ASSIGN_OR_RETURN(const ValueId left, EmitPixels(node, crop, at[i], crop.w.first));
    MACE_ASSIGN_OR_RETURN(const ValueId right, EmitPixels(node, crop, at[i], crop.w.second));
    MACE_ASSIGN_OR_RETURN(rows[i], EmitBetween(node, left, right, w_share));
  }
  return EmitBetween(node, rows[0], rows[1], h_share);
}

Status CheckCrop(const TfNode& node) {
  const Shape image = node.shape(0), boxes = node.shape(1);
  if (image.rank() == 4 && boxes.rank() == 2 && boxes[1] == 4 && image.elements() > 0 &&
      image.elements() <= INT32_MAX && node.shape(2).rank() == 1 && node.shape(2)[0] == boxes[0]) {
    return Status::Ok();
  }
  return InvalidArgument("expected an image [n, h, w, c], boxes [k, 4] and k numbers of images, " +
                         ("found " + image.ToString()) + ", " + boxes.ToString() + " and " +
                         node.shape(2).ToString());
}

// The image of each box, as where it begins among the pixels.
StatusOr<ValueId> EmitImages(TfNode* node) {
  const Shape image = node->shape(0);
  AttributeMap attributes;
  attributes.Set("extents", std::vector<int64_t>{image[0]});
  MACE_ASSIGN_OR_RETURN(ValueId images, node->Emit("/images", "NormalizeIndices", {node->input(2)},
                                                   std::move(attributes)));
  MACE_ASSIGN_OR_RETURN(const ValueId each, AddScalar(node, DType::kInt32, image[1] * image[2]));
  MACE_ASSIGN_OR_RETURN(images, EmitEltwise(node, EltwiseType::kProd, images, each));
  return node->builder()->Reshape(images, {node->shape(1)[0], 1, 1});
}

// image, boxes (y1, x1, y2, x2 from 0 to 1), the image of each box, the size of the result.
Status ConvertCropAndResize(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(4));
  MACE_RETURN_IF_ERROR(CheckCrop(*node));
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> size, node->Numbers(3));
  const std::string method = node->String("method", "bilinear");
  constexpr int64_t kMaxSize = 1 << 14;
  if (size.size() != 2 || std::min(size[0], size[1]) < 1 || std::max(size[0], size[1]) > kMaxSize) {
    return InvalidArgument("crop_size: expected two numbers of 1 to " + std::to_string(kMaxSize) +
                           ", found [" + JoinNumbers(size, ", ") + "]");
  }
  if (method != "bilinear" && method != "nearest") {
    return Unsupported("method: expected bilinear or nearest, found " + Printable(method));
  }
  const Shape image = node->shape(0);
  ValueId corners[4];
  for (int64_t i = 0; i < 4; ++i) {
    MACE_ASSIGN_OR_RETURN(corners[i], EmitSlice(node, node->input(1), 1, i, i + 1));
  }
  Crop crop;
  crop.boxes = node->shape(1)[0];
  crop.height = size[0];
  crop.width = size[1];
  crop.image_width = image[2];
  const bool nearest = method == "nearest";
  MACE_ASSIGN_OR_RETURN(ValueId at,
                        EmitCoordinates(node, corners[0], corners[2], image[1], size[0]));
  MACE_ASSIGN_OR_RETURN(crop.h, EmitAxis(node, at, image[1], nearest));
  MACE_ASSIGN_OR_RETURN(at, EmitCoordinates(node, corners[1], corners[3], image[2], size[1]));
  MACE_ASSIGN_OR_RETURN(crop.w, EmitAxis(node, at, image[2], nearest));
  GraphBuilder* builder = node->builder();
  MACE_ASSIGN_OR_RETURN(crop.pixels,
                        builder->Reshape(node->input(0), {image.elements(0, 3), image[3]}));
  MACE_ASSIGN_OR_RETURN(crop.images, EmitImages(node));
  MACE_ASSIGN_OR_RETURN(const ValueId y, nearest
                                             ? EmitPixels(node, crop, crop.h.first, crop.w.first)
                                             : EmitBilinear(node, crop));
  MACE_ASSIGN_OR_RETURN(const ValueId rows,
                        builder->Reshape(crop.h.inside, {crop.boxes, crop.height, 1, 1}));
  MACE_ASSIGN_OR_RETURN(const ValueId columns,
                        builder->Reshape(crop.w.inside, {crop.boxes, 1, crop.width, 1}));
  MACE_ASSIGN_OR_RETURN(const ValueId inside, EmitEltwise(node, EltwiseType::kAnd, rows, columns));
  const ValueId outside =
      AddFloats(node, Shape(), {static_cast<float>(node->Float("extrapolation_value", 0))});
  return node->EmitResult("Where", {inside, y, outside}, {});
}

}  // namespace

const TfConverterEntry kTfDetectionConverters[] = {
    {"CropAndResize", ConvertCropAndResize},
    {nullptr, nullptr},
};

}  // namespace mace
