// ONNX's Resize and Upsample. Every mode is a product with a constant matrix along each axis; what
// the graph's own resizing of images does in the same way goes there, and what takes single
// elements is a Gather.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/onnx/emit.h"
#include "mace/formats/onnx/resize_table.h"
#include "mace/ops/resize/resize_sources.h"

namespace mace {
namespace {

// A weight that a matrix of this many elements holds is refused: it would be an image, not a row.
constexpr int64_t kMaxMatrix = int64_t{1} << 26;
// The largest extent of an axis that is resized: no image is wider.
constexpr int64_t kMaxExtent = int64_t{1} << 16;

struct Resize {
  OnnxResizeMode mode;
  std::vector<OnnxResizeAxis> axes;  // One for each axis of x.

  // Whether an axis stays as it is whatever the mode. One of the coordinate systems is half a pixel
  // off.
  bool Stays(const OnnxResizeAxis& axis) const {
    return axis.in == axis.out && axis.scale.is_one() &&
           mode.coordinates != "tf_half_pixel_for_nn" && axis.crop_start == 0 && axis.crop_end == 1;
  }
};

bool IsWhole(const OnnxResizeTable& table) {
  return std::all_of(table.begin(), table.end(),
                     [](const auto& entry) { return entry.size() == 1 && entry[0].second == 1; });
}

bool IsIdentity(const Resize& resize, const OnnxResizeTable& table, const OnnxResizeAxis& axis) {
  if (resize.Stays(axis)) return true;
  if (!IsWhole(table) || static_cast<int64_t>(table.size()) != axis.in) return false;
  for (size_t i = 0; i < table.size(); ++i) {
    if (table[i][0].first != static_cast<int64_t>(i)) return false;
  }
  return true;
}

// Whether ResizeBilinear's sources along an axis are the table's.
bool Agrees(const std::vector<ResizeSource>& sources, const OnnxResizeTable& table) {
  for (size_t i = 0; i < sources.size(); ++i) {
    double weights = 0;
    for (const auto& [source, weight] : table[i]) {
      double found = 0;
      if (source == sources[i].lower) found += 1 - double{sources[i].lerp};
      if (source == sources[i].upper) found += double{sources[i].lerp};
      if (std::fabs(found - weight) > 1e-6) return false;
      weights += weight;
    }
    if (std::fabs(weights - 1) > 1e-6) return false;
  }
  return true;
}

bool Agrees(const std::vector<int64_t>& sources, const OnnxResizeTable& table) {
  for (size_t i = 0; i < sources.size(); ++i) {
    if (table[i].size() != 1 || table[i][0].first != sources[i]) return false;
  }
  return true;
}

// The attributes of the graph's own op for the last two of four axes; false where none does the
// same.
bool FindImageResize(const Resize& resize, const std::vector<OnnxResizeTable>& tables,
                     AttributeMap* attributes) {
  if (resize.axes.size() != 4 || resize.mode.mode == "cubic") return false;
  for (size_t axis : {size_t{0}, size_t{1}}) {
    if (!IsIdentity(resize, tables[axis], resize.axes[axis])) return false;
  }
  const OnnxResizeAxis& h = resize.axes[2];
  const OnnxResizeAxis& w = resize.axes[3];
  attributes->Set("size", std::vector<int64_t>{h.out, w.out});
  for (int64_t align_corners : {0, 1}) {
    for (int64_t mode : {0, 1, 2}) {
      attributes->Set("align_corners", align_corners);
      attributes->Set("coordinate_transformation_mode", mode);
      const StatusOr<ResizeAttributes> parsed = ResizeAttributes::Parse(*attributes);
      if (!parsed.ok()) return false;
      const bool agrees = resize.mode.mode == "linear"
                              ? Agrees(parsed->BilinearSources(h.in, h.out), tables[2]) &&
                                    Agrees(parsed->BilinearSources(w.in, w.out), tables[3])
                              : Agrees(parsed->NearestSources(h.in, h.out), tables[2]) &&
                                    Agrees(parsed->NearestSources(w.in, w.out), tables[3]);
      if (agrees) return true;
    }
  }
  return false;
}

StatusOr<ValueId> EmitAxis(OnnxNode* node, ValueId x, int axis, const OnnxResizeTable& table) {
  const Shape shape = node->builder()->ShapeOf(x);
  const int64_t in = shape[axis], out = static_cast<int64_t>(table.size());
  if (IsWhole(table)) {
    std::vector<int64_t> sources;
    for (const auto& entry : table) sources.push_back(entry[0].first);
    return EmitGather(node, x, node->AddInts("/sources", sources), axis);
  }
  if (in > kMaxMatrix / std::max<int64_t>(out, 1)) {
    return Unsupported("an axis of " + std::to_string(in) + " resized to " + std::to_string(out));
  }
  MACE_ASSIGN_OR_RETURN(HostTensor matrix, HostTensor::Allocate({DType::kFloat32, Shape{in, out}}));
  for (int64_t o = 0; o < out; ++o) {
    for (const auto& [source, weight] : table[static_cast<size_t>(o)]) {
      matrix.f32()[source * out + o] = static_cast<float>(weight);
    }
  }
  const ValueId weights = node->AddConstant("/weights", std::move(matrix));
  std::vector<int64_t> swap(static_cast<size_t>(shape.rank()));
  for (size_t i = 0; i < swap.size(); ++i) swap[i] = static_cast<int64_t>(i);
  std::swap(swap[static_cast<size_t>(axis)], swap.back());
  const bool last = axis == shape.rank() - 1;
  if (!last) {
    MACE_ASSIGN_OR_RETURN(x, node->builder()->Transpose(x, swap));
  }
  MACE_ASSIGN_OR_RETURN(ValueId y, EmitMatMul(node, x, weights, false));
  if (last) return y;
  return node->builder()->Transpose(y, swap);
}

// A mean of integers loses its fraction, as in the engine that quantizes such models.
Status SetIntegers(OnnxNode* node, ValueId means) {
  MACE_ASSIGN_OR_RETURN(const ValueId y, EmitCast(node, means, node->dtype(0)));
  node->SetResult(y);
  return Status::Ok();
}

Status EmitResize(OnnxNode* node, const Resize& resize) {
  std::vector<OnnxResizeTable> tables;
  for (const OnnxResizeAxis& axis : resize.axes) {
    const bool image = resize.axes.size() == 4;  // Its table is compared with the graph's op.
    tables.push_back(resize.Stays(axis) && !(image && tables.size() > 1)
                         ? OnnxResizeTable()
                         : MakeOnnxResizeTable(resize.mode, axis));
  }
  AttributeMap attributes;
  ValueId id = node->input(0);
  const bool weighs_integers =
      !IsFloat(node->dtype(0)) && !std::all_of(tables.begin(), tables.end(), IsWhole);
  if (weighs_integers) {
    if (resize.mode.mode == "cubic") {
      return Unsupported("mode: expected nearest or linear for integers, found cubic");
    }
    MACE_ASSIGN_OR_RETURN(id, EmitCast(node, id, DType::kFloat32));
  }
  if ((IsFloat(node->dtype(0)) || weighs_integers) &&
      FindImageResize(resize, tables, &attributes)) {
    MACE_RETURN_IF_ERROR(node->EmitChannelsLast(
        resize.mode.mode == "linear" ? "ResizeBilinear" : "ResizeNearestNeighbor", {id},
        std::move(attributes)));
    return weighs_integers ? SetIntegers(node, node->outputs()[0]) : Status::Ok();
  }
  for (size_t axis = 0; axis < tables.size(); ++axis) {
    if (IsIdentity(resize, tables[axis], resize.axes[axis])) continue;
    MACE_ASSIGN_OR_RETURN(id, EmitAxis(node, id, static_cast<int>(axis), tables[axis]));
  }
  if (weighs_integers) return SetIntegers(node, id);
  node->SetResult(id);
  return Status::Ok();
}

Status CheckAxes(const Resize& resize) {
  for (size_t i = 0; i < resize.axes.size(); ++i) {
    const OnnxResizeAxis& axis = resize.axes[i];
    if (i == 0 && axis.in == 0 && resize.Stays(axis)) continue;  // A batch of no images.
    const bool good = std::min(axis.in, axis.out) >= 1 &&
                      (resize.Stays(axis) || std::max(axis.in, axis.out) <= kMaxExtent);
    if (good) continue;
    return InvalidArgument("expected extents of 1 to " + std::to_string(kMaxExtent) + ", found " +
                           std::to_string(axis.in) + " resized to " + std::to_string(axis.out));
  }
  return Status::Ok();
}

Status CheckMode(const OnnxResizeMode& mode) {
  const auto one_of = [](const std::string& name, std::initializer_list<const char*> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (!one_of(mode.mode, {"nearest", "linear", "cubic"})) {
    return Unsupported("mode: expected nearest, linear or cubic, found " + Printable(mode.mode));
  }
  if (!one_of(mode.coordinates,
              {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners",
               "asymmetric", "tf_half_pixel_for_nn", "tf_crop_and_resize"})) {
    return Unsupported("coordinate_transformation_mode: " + Printable(mode.coordinates));
  }
  if (one_of(mode.nearest, {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"})) {
    return Status::Ok();
  }
  return Unsupported("nearest_mode: " + Printable(mode.nearest));
}

// The axes that scales and sizes speak of.
StatusOr<std::vector<int>> NamedAxes(const OnnxNode& node, size_t count) {
  const int rank = node.shape(0).rank();
  std::vector<int64_t> all;
  for (int axis = 0; axis < rank; ++axis) all.push_back(axis);
  std::vector<int> axes;
  for (int64_t named : node.Ints("axes", all)) {
    MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(named, rank));
    axes.push_back(axis);
  }
  if (axes.size() == count) return axes;
  return InvalidArgument("expected scales or sizes of " + std::to_string(axes.size()) +
                         " axes, found " + std::to_string(count));
}

// -1 where it is no extent of an axis that changes.
int64_t ToExtent(float extent) {
  return extent >= 0 && extent <= static_cast<float>(kMaxExtent) ? static_cast<int64_t>(extent)
                                                                 : -1;
}

// REQUIRES: numerators and denominators up to 2^31.
bool IsBelow(const OnnxResizeScale& a, const OnnxResizeScale& b) {
  return a.numerator * b.denominator < b.numerator * a.denominator;
}

Status SetScales(const OnnxNode& node, const std::vector<double>& scales, Resize* resize) {
  MACE_ASSIGN_OR_RETURN(const std::vector<int> axes, NamedAxes(node, scales.size()));
  for (size_t i = 0; i < scales.size(); ++i) {
    OnnxResizeAxis& axis = resize->axes[static_cast<size_t>(axes[i])];
    const float given = static_cast<float>(scales[i]);
    const std::optional<OnnxResizeScale> scale = OnnxResizeScale::FromFloat(given);
    if (!scale.has_value()) {
      return InvalidArgument("expected scales of 2^-24 to 2^24, found " + std::to_string(given));
    }
    axis.scale = *scale;
    if (axis.scale.is_one()) continue;  // Any extent, also one that no float holds.
    // In float32, as the onnx package's own inference of the shape has it: 10 times 0.7f is 7.
    axis.out = ToExtent(std::floor(static_cast<float>(axis.in) * given));
  }
  return Status::Ok();
}

Status SetSizes(const OnnxNode& node, const std::vector<int64_t>& sizes, Resize* resize) {
  MACE_ASSIGN_OR_RETURN(const std::vector<int> axes, NamedAxes(node, sizes.size()));
  const std::string policy = node.String("keep_aspect_ratio_policy", "stretch");
  if (policy != "stretch" && policy != "not_larger" && policy != "not_smaller") {
    return Unsupported("keep_aspect_ratio_policy: " + Printable(policy));
  }
  std::optional<OnnxResizeScale> common;
  for (size_t i = 0; i < sizes.size(); ++i) {
    OnnxResizeAxis& axis = resize->axes[static_cast<size_t>(axes[i])];
    axis.out = sizes[i];
    if (std::min(axis.in, axis.out) < 1 || std::max(axis.in, axis.out) > kMaxExtent) {
      if (axis.in == axis.out && policy == "stretch") continue;
      return InvalidArgument("expected extents of 1 to " + std::to_string(kMaxExtent) + ", found " +
                             std::to_string(axis.in) + " resized to " + std::to_string(axis.out));
    }
    axis.scale = {axis.out, axis.in};
    if (!common.has_value() ||
        (policy == "not_larger" ? IsBelow(axis.scale, *common) : IsBelow(*common, axis.scale))) {
      common = axis.scale;
    }
  }
  if (policy == "stretch" || !common.has_value()) return Status::Ok();
  const int64_t p = common->numerator, q = common->denominator;
  for (int named : axes) {
    OnnxResizeAxis& axis = resize->axes[static_cast<size_t>(named)];
    axis.scale = *common;
    axis.out = (2 * p * axis.in + q) / (2 * q);  // Rounded, halves up.
  }
  return Status::Ok();
}

// roi: the starts of all axes that are named, then the ends.
Status SetCrop(const OnnxNode& node, Resize* resize) {
  MACE_ASSIGN_OR_RETURN(const std::vector<double> roi, node.Reals(1));
  MACE_ASSIGN_OR_RETURN(const std::vector<int> axes, NamedAxes(node, roi.size() / 2));
  bool crops = false;
  for (size_t i = 0; i < axes.size(); ++i) {
    OnnxResizeAxis& axis = resize->axes[static_cast<size_t>(axes[i])];
    axis.crop_start = static_cast<float>(roi[i]);
    axis.crop_end = static_cast<float>(roi[axes.size() + i]);
    if (!std::isfinite(axis.crop_start) || !std::isfinite(axis.crop_end)) {
      return InvalidArgument("roi: expected finite numbers, found " +
                             std::to_string(axis.crop_start) + " and " +
                             std::to_string(axis.crop_end));
    }
    crops = crops || axis.crop_start != 0 || axis.crop_end != 1;
  }
  // Whether scales count the cropped part or the whole axis, engines do not agree.
  if (crops && !node.HasInput(3)) return Unsupported("roi: expected sizes beside it, found scales");
  return Status::Ok();
}

// Places whose source lies outside get a value of their own.
Status EmitOutside(OnnxNode* node, const Resize& resize) {
  ValueId y = node->outputs()[0];
  for (size_t i = 0; i < resize.axes.size(); ++i) {
    const std::vector<bool> outside = FindOnnxOutside(resize.mode, resize.axes[i]);
    if (std::find(outside.begin(), outside.end(), true) == outside.end()) continue;
    if (!IsFloat(node->dtype(0))) {
      return Unsupported("a region outside of an image of integers");
    }
    std::vector<int64_t> dims(resize.axes.size() - i, 1);
    dims[0] = resize.axes[i].out;
    HostTensor mask = HostTensor::FromVector<uint8_t>(
        DType::kBool, Shape(dims), std::vector<uint8_t>(outside.begin(), outside.end()));
    const float value = static_cast<float>(node->Float("extrapolation_value", 0));
    MACE_ASSIGN_OR_RETURN(y, EmitWhere(node, node->AddConstant("/outside", std::move(mask)),
                                       node->AddScalar("/extrapolated", value), y));
  }
  node->SetResult(y);
  return Status::Ok();
}

Status ConvertResize(OnnxNode* node) {
  const bool old = node->opset() < 11;
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, old ? 2 : 4));
  Resize resize;
  resize.mode.mode = node->String("mode", "nearest");
  resize.mode.coordinates =
      old ? "asymmetric" : node->String("coordinate_transformation_mode", "half_pixel");
  resize.mode.nearest = old ? "floor" : node->String("nearest_mode", "round_prefer_floor");
  resize.mode.cubic_a = node->Float("cubic_coeff_a", -0.75);
  resize.mode.antialias = node->Int("antialias", 0) != 0;
  resize.mode.exclude_outside = node->Int("exclude_outside", 0) != 0;
  node->Ignore({"extrapolation_value"});  // For tf_crop_and_resize alone.
  MACE_RETURN_IF_ERROR(CheckMode(resize.mode));
  for (int64_t extent : node->shape(0).dims()) resize.axes.push_back({extent, extent, {}});
  const size_t scales_at = old ? 1 : 2;
  if (!old && node->HasInput(3)) {
    MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> sizes, node->Numbers(3));
    MACE_RETURN_IF_ERROR(SetSizes(*node, sizes, &resize));
  } else {
    MACE_ASSIGN_OR_RETURN(const std::vector<double> scales, node->Reals(scales_at));
    MACE_RETURN_IF_ERROR(SetScales(*node, scales, &resize));
    node->Ignore({"keep_aspect_ratio_policy"});
  }
  if (resize.mode.coordinates == "tf_crop_and_resize") {
    MACE_RETURN_IF_ERROR(SetCrop(*node, &resize));
  }
  MACE_RETURN_IF_ERROR(CheckAxes(resize));
  MACE_RETURN_IF_ERROR(EmitResize(node, resize));
  return EmitOutside(node, resize);
}

Status ConvertUpsample(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 2));
  Resize resize;
  resize.mode.mode = node->String("mode", "nearest");
  resize.mode.coordinates = "asymmetric";
  resize.mode.nearest = "floor";
  MACE_RETURN_IF_ERROR(CheckMode(resize.mode));
  for (int64_t extent : node->shape(0).dims()) resize.axes.push_back({extent, extent, {}});
  std::vector<double> scales = node->Floats("scales");
  if (node->HasInput(1)) {
    MACE_ASSIGN_OR_RETURN(scales, node->Reals(1));
  }
  MACE_RETURN_IF_ERROR(SetScales(*node, scales, &resize));
  MACE_RETURN_IF_ERROR(CheckAxes(resize));
  return EmitResize(node, resize);
}

}  // namespace

const OnnxConverterEntry kOnnxResizeConverters[] = {
    {"Resize", ConvertResize},
    {"Upsample", ConvertUpsample},
    {nullptr, nullptr},
};

}  // namespace mace
