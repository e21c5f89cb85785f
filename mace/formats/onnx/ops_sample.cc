// ONNX's ops that sample images at places between their elements: grids, regions, and convolutions
// with moved taps.
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/onnx/converter_tables.h"
#include "mace/formats/onnx/emit.h"
#include "mace/formats/onnx/window.h"

namespace mace {
namespace {

Status ConvertGridSample(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 2));
  std::string mode = node->String("mode", node->opset() < 20 ? "bilinear" : "linear");
  // The names of op set 16.
  if (mode == "bilinear") mode = "linear";
  if (mode == "bicubic") mode = "cubic";
  AttributeMap attributes;
  attributes.Set("mode", std::move(mode));
  attributes.Set("padding_mode", node->String("padding_mode", "zeros"));
  attributes.Set("align_corners", node->Int("align_corners", 0));
  return node->EmitResult("GridSample", {node->input(0), node->input(1)}, std::move(attributes));
}

// theta [n, k, k + 1] times the places of the elements of an image [n, c, d1, ..., dk].
Status ConvertAffineGrid(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 2));
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> size, node->Numbers(1));
  const Shape theta = node->shape(0);
  const int64_t axes = static_cast<int64_t>(size.size()) - 2;
  if (axes < 2 || axes > 3 || theta != Shape{size[0], axes, axes + 1}) {
    return InvalidArgument(
        "expected theta [n, 2, 3] or [n, 3, 4] and the size of n images, found " +
        theta.ToString() + " and [" + JoinNumbers(size, ", ") + "]");
  }
  const bool corners = node->Int("align_corners", 0) != 0;
  std::vector<int64_t> extents(size.begin() + 2, size.end());
  MACE_ASSIGN_OR_RETURN(const Shape image, Shape::Make(extents));
  const int64_t places = image.elements();
  if (places == 0) return InvalidArgument("size: expected an image, found " + image.ToString());
  MACE_ASSIGN_OR_RETURN(const Shape shape, Shape::Make({places, axes + 1}));
  const TensorInfo info{DType::kFloat32, shape};
  MACE_RETURN_IF_ERROR(node->builder()->Reserve("a grid", info.bytes()));
  MACE_ASSIGN_OR_RETURN(HostTensor grid, HostTensor::Allocate(info));
  for (int64_t place = 0; place < places; ++place) {
    int64_t rest = place;
    float* row = grid.f32() + place * (axes + 1);
    // The last axis comes first.
    for (int64_t i = 0; i < axes; ++i) {
      const int64_t extent = extents[static_cast<size_t>(axes - 1 - i)];
      const double at = static_cast<double>(rest % extent), count = static_cast<double>(extent);
      row[i] = static_cast<float>(corners ? (extent == 1 ? -1 : 2 * at / (count - 1) - 1)
                                          : (2 * at + 1) / count - 1);
      rest /= extent;
    }
    row[axes] = 1;
  }
  MACE_ASSIGN_OR_RETURN(ValueId y, EmitMatMul(node, node->AddConstant("/places", std::move(grid)),
                                              node->input(0), true));
  std::vector<int64_t> dims = {size[0]};
  dims.insert(dims.end(), extents.begin(), extents.end());
  dims.push_back(axes);
  MACE_ASSIGN_OR_RETURN(y, node->builder()->Reshape(y, dims));
  node->SetResult(y);
  return Status::Ok();
}

// x, weights, offsets, [bias], [mask].
Status ConvertDeformConv(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3, 5));
  const Shape w = node->shape(1);
  if (w.rank() != 4) return Unsupported("expected weights of two axes, found " + w.ToString());
  MACE_ASSIGN_OR_RETURN(const OnnxWindow window, ReadOnnxWindow(*node, {w[2], w[3]}, 2));
  AttributeMap attributes;
  window.SetPair(0, 1, &attributes);
  attributes.Set("group", node->Int("group", 1));
  attributes.Set("offset_group", node->Int("offset_group", 1));
  return node->EmitResult("DeformConv", node->GivenInputs(), std::move(attributes));
}

// x, regions [r, 4], the image of each region [r].
Status ConvertRoiAlign(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3, 3));
  const bool old = node->opset() < 16;
  const std::string transformation =
      node->String("coordinate_transformation_mode", old ? "output_half_pixel" : "half_pixel");
  if (transformation != "half_pixel" && transformation != "output_half_pixel") {
    return Unsupported(
        "coordinate_transformation_mode: expected half_pixel or "
        "output_half_pixel, found " +
        Printable(transformation));
  }
  AttributeMap attributes;
  attributes.Set("half_pixel", int64_t{transformation == "half_pixel"});
  attributes.Set("mode", node->String("mode", "avg"));
  for (const char* name : {"output_height", "output_width"}) {
    attributes.Set(name, node->Int(name, 1));
  }
  attributes.Set("sampling_ratio", node->Int("sampling_ratio", 0));
  attributes.Set("spatial_scale", node->Float("spatial_scale", 1));
  return node->EmitResult("RoiAlign", node->GivenInputs(), std::move(attributes));
}

// x, regions [r, 5] with the image of each in front.
Status ConvertMaxRoiPool(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 2));
  const std::vector<int64_t> pooled = node->Ints("pooled_shape");
  if (pooled.size() != 2) {
    return InvalidArgument("pooled_shape: expected two extents, found [" +
                           JoinNumbers(pooled, ", ") + "]");
  }
  AttributeMap attributes;
  attributes.Set("pooled_height", pooled[0]);
  attributes.Set("pooled_width", pooled[1]);
  attributes.Set("spatial_scale", node->Float("spatial_scale", 1));
  return node->EmitResult("RoiPool", {node->input(0), node->input(1)}, std::move(attributes));
}

}  // namespace

const OnnxConverterEntry kOnnxSampleConverters[] = {
    {"AffineGrid", ConvertAffineGrid}, {"DeformConv", ConvertDeformConv},
    {"GridSample", ConvertGridSample}, {"MaxRoiPool", ConvertMaxRoiPool},
    {"RoiAlign", ConvertRoiAlign},     {nullptr, nullptr},
};

}  // namespace mace
