// RoiAlign: regions of x [n, c, h, w] as planes of one size, by interpolation, after "Mask R-CNN"
// (https://arxiv.org/abs/1703.06870). rois [r, 4] are x1, y1, x2, y2, batch_indices [r] integers;
// the result is [r, c, output_height, output_width].
//
// A region is cut into output_height times output_width bins, and each bin is sampled at
// sampling_ratio times sampling_ratio places (0: about one for each element). Attributes:
// output_height, output_width (1), sampling_ratio (0), spatial_scale (1), half_pixel (1: elements
// have their centres at halves; 0: a region is at least one element wide), mode ("avg": the mean of
// the places; "max": the largest of the four weighted neighbours of all places). On the CPU alone.
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "mace/base/strings.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

// The places of one bin along one axis: no region of an image needs more.
constexpr double kMaxSamples = 1 << 14;

struct RoiAttributes {
  int64_t height = 1, width = 1;
  int64_t sampling_ratio = 0;
  double scale = 1;
  bool half_pixel = true;
  bool takes_max = false;
};

// One axis of a region.
struct RoiAxis {
  double start = 0, bin = 0;
  int64_t samples = 0;

  double PlaceOf(int64_t at, int64_t sample) const {
    return start + static_cast<double>(at) * bin +
           (static_cast<double>(sample) + 0.5) * bin / static_cast<double>(samples);
  }
};

// The two elements around a place along one axis, and the weight of the second; not inside: zeros.
struct Neighbours {
  bool inside = false;
  int64_t first = 0, second = 0;
  double share = 0;

  Neighbours(double place, int64_t extent) {
    if (!(place >= -1 && place <= static_cast<double>(extent))) return;
    inside = true;
    place = std::max(place, 0.0);
    first = std::min(static_cast<int64_t>(place), extent - 1);
    second = std::min(first + 1, extent - 1);
    share = first == extent - 1 ? 0 : place - static_cast<double>(first);
  }
};

class RoiAlignOp : public Op {
 public:
  explicit RoiAlignOp(RoiAttributes attributes) : attributes_(attributes) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo &x = inputs[0].info, &rois = inputs[1].info, &batches = inputs[2].info;
    const bool integers = !IsFloat(batches.dtype) && batches.dtype != DType::kBool;
    const bool fits = IsFloat(x.dtype) && IsFloat(rois.dtype) && integers && x.shape.rank() == 4 &&
                      x.shape.elements() > 0 && rois.shape.rank() == 2 && rois.shape[1] == 4 &&
                      batches.shape == Shape{rois.shape[0]};
    if (!fits) {
      return InvalidArgument("expected x [n, c, h, w], rois [r, 4] and integers [r], found " +
                             x.ToString() + ", " + rois.ToString() + " and " + batches.ToString());
    }
    MACE_ASSIGN_OR_RETURN(Shape shape, Shape::Make({rois.shape[0], x.shape[1], attributes_.height,
                                                    attributes_.width}));
    outputs->assign(1, {DType::kFloat32, std::move(shape)});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const Shape& x = inputs[0].shape();
    const std::vector<int64_t> batches = ToInt64Vector(inputs[2]);
    float* y = (*outputs)[0].f32();
    for (size_t r = 0; r < batches.size(); ++r) {
      const float* roi = inputs[1].f32() + 4 * r;
      if (batches[r] < 0 || batches[r] >= x[0]) {
        return InvalidArgument("batch_indices: expected 0 to " + std::to_string(x[0] - 1) +
                               ", found " + std::to_string(batches[r]));
      }
      MACE_ASSIGN_OR_RETURN(const RoiAxis rows, AxisOf(roi[1], roi[3], attributes_.height));
      MACE_ASSIGN_OR_RETURN(const RoiAxis columns, AxisOf(roi[0], roi[2], attributes_.width));
      const float* image = inputs[0].f32() + batches[r] * x.elements(1, 4);
      for (int64_t c = 0; c < x[1]; ++c) {
        const float* plane = image + c * x[2] * x[3];
        for (int64_t h = 0; h < attributes_.height; ++h) {
          for (int64_t w = 0; w < attributes_.width; ++w) {
            *y++ = static_cast<float>(BinOf(plane, x, {&rows, &columns}, h, w));
          }
        }
      }
    }
    return Status::Ok();
  }

 private:
  StatusOr<RoiAxis> AxisOf(float from, float to, int64_t bins) const {
    const double offset = attributes_.half_pixel ? 0.5 : 0;
    RoiAxis axis;
    axis.start = double{from} * attributes_.scale - offset;
    double extent = double{to} * attributes_.scale - offset - axis.start;
    if (!attributes_.half_pixel) extent = std::max(extent, 1.0);
    axis.bin = extent / static_cast<double>(bins);
    const double samples = attributes_.sampling_ratio > 0
                               ? static_cast<double>(attributes_.sampling_ratio)
                               : std::ceil(axis.bin);
    if (!(samples <= kMaxSamples)) {
      return InvalidArgument("rois: expected at most 2^14 places in a bin, found a region from " +
                             std::to_string(from) + " to " + std::to_string(to));
    }
    axis.samples = std::max<int64_t>(static_cast<int64_t>(samples), 0);
    return axis;
  }

  double BinOf(const float* plane, const Shape& x, const std::array<const RoiAxis*, 2>& axes,
               int64_t h, int64_t w) const {
    double sum = 0, largest = -INFINITY;
    for (int64_t i = 0; i < axes[0]->samples; ++i) {
      const Neighbours row(axes[0]->PlaceOf(h, i), x[2]);
      for (int64_t j = 0; j < axes[1]->samples; ++j) {
        const Neighbours column(axes[1]->PlaceOf(w, j), x[3]);
        if (!row.inside || !column.inside) {
          largest = std::max(largest, 0.0);
          continue;
        }
        for (const bool second_row : {false, true}) {
          for (const bool second_column : {false, true}) {
            const int64_t at = (second_row ? row.second : row.first) * x[3] +
                               (second_column ? column.second : column.first);
            const double part = (second_row ? row.share : 1 - row.share) *
                                (second_column ? column.share : 1 - column.share) *
                                double{plane[at]};
            sum += part;
            largest = std::max(largest, part);
          }
        }
      }
    }
    const int64_t count = axes[0]->samples * axes[1]->samples;
    if (count == 0) return 0;
    return attributes_.takes_max ? largest : sum / static_cast<double>(count);
  }

  const RoiAttributes attributes_;
};

StatusOr<std::unique_ptr<Op>> MakeRoiAlign(const Node& node) {
  const AttributeMap& given = node.attributes;
  RoiAttributes attributes;
  attributes.height = given.GetInt("output_height", 1);
  attributes.width = given.GetInt("output_width", 1);
  attributes.sampling_ratio = given.GetInt("sampling_ratio", 0);
  attributes.scale = given.GetFloat("spatial_scale", 1);
  attributes.half_pixel = given.GetInt("half_pixel", 1) != 0;
  const std::string mode = given.GetString("mode", "avg");
  attributes.takes_max = mode == "max";
  if (attributes.height < 1 || attributes.width < 1 || attributes.sampling_ratio < 0) {
    return InvalidArgument("output_height, output_width: expected 1 or more, found " +
                           std::to_string(attributes.height) + " and " +
                           std::to_string(attributes.width));
  }
  if (mode != "max" && mode != "avg") {
    return Unsupported("mode: expected avg or max, found " + Printable(mode));
  }
  return std::unique_ptr<Op>(new RoiAlignOp(attributes));
}

}  // namespace

extern const OpDefinition kRoiAlignOp;
const OpDefinition kRoiAlignOp = {"RoiAlign", 3, 3, &MakeRoiAlign};

}  // namespace mace
