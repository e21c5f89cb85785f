// RoiPool: the largest elements of regions of x [n, c, h, w], each cut into pooled_height times
// pooled_width bins, after "Fast R-CNN" (https://arxiv.org/abs/1504.08083). rois [r, 5] are the
// index of the image, x1, y1, x2, y2, both ends included; the result is [r, c, pooled_height,
// pooled_width]. A bin without elements is 0. Attributes: pooled_height, pooled_width,
// spatial_scale (1). On the CPU alone.
#include <algorithm>
#include <cmath>
#include <vector>

#include "mace/ops/lowering_support.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

// Elements [begin, end) of each bin of one axis.
struct BinRange {
  int64_t begin, end;
};

std::vector<BinRange> BinsOf(float from, float to, int64_t count, int64_t extent) {
  const double start = double{std::round(from)};
  const double size = std::max(double{std::round(to)} - start + 1, 1.0);
  const double bin = size / static_cast<double>(count), last = static_cast<double>(extent);
  std::vector<BinRange> bins;
  for (int64_t i = 0; i < count; ++i) {
    const double begin = std::floor(static_cast<double>(i) * bin) + start;
    const double end = std::ceil(static_cast<double>(i + 1) * bin) + start;
    bins.push_back({static_cast<int64_t>(std::clamp(begin, 0.0, last)),
                    static_cast<int64_t>(std::clamp(end, 0.0, last))});
  }
  return bins;
}

class RoiPoolOp : public Op {
 public:
  RoiPoolOp(int64_t height, int64_t width, float scale)
      : height_(height), width_(width), scale_(scale) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo &x = inputs[0].info, &rois = inputs[1].info;
    const bool fits = IsFloat(x.dtype) && IsFloat(rois.dtype) && x.shape.rank() == 4 &&
                      x.shape.elements() > 0 && rois.shape.rank() == 2 && rois.shape[1] == 5;
    if (!fits) {
      return InvalidArgument("expected x [n, c, h, w] and rois [r, 5] of floats, found " +
                             x.ToString() + " and " + rois.ToString());
    }
    MACE_ASSIGN_OR_RETURN(Shape shape, Shape::Make({rois.shape[0], x.shape[1], height_, width_}));
    outputs->assign(1, {DType::kFloat32, std::move(shape)});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const Shape& x = inputs[0].shape();
    float* y = (*outputs)[0].f32();
    for (int64_t r = 0; r < inputs[1].shape()[0]; ++r) {
      const float* roi = inputs[1].f32() + 5 * r;
      for (int i = 0; i < 5; ++i) {
        if (std::isfinite(roi[i]) && std::isfinite(roi[i] * scale_)) continue;
        return InvalidArgument("rois: expected finite numbers, found " + std::to_string(roi[i]));
      }
      if (roi[0] < 0 || roi[0] >= static_cast<float>(x[0])) {
        return InvalidArgument("rois: expected an image of 0 to " + std::to_string(x[0] - 1) +
                               ", found " + std::to_string(roi[0]));
      }
      const std::vector<BinRange> rows = BinsOf(roi[2] * scale_, roi[4] * scale_, height_, x[2]);
      const std::vector<BinRange> columns = BinsOf(roi[1] * scale_, roi[3] * scale_, width_, x[3]);
      const float* image = inputs[0].f32() + static_cast<int64_t>(roi[0]) * x.elements(1, 4);
      for (int64_t c = 0; c < x[1]; ++c, image += x[2] * x[3]) {
        for (const BinRange& row : rows) {
          for (const BinRange& column : columns) *y++ = LargestOf(image, x[3], row, column);
        }
      }
    }
    return Status::Ok();
  }

 private:
  static float LargestOf(const float* plane, int64_t width, const BinRange& rows,
                         const BinRange& columns) {
    if (rows.begin >= rows.end || columns.begin >= columns.end) return 0;
    float largest = -INFINITY;
    for (int64_t h = rows.begin; h < rows.end; ++h) {
      for (int64_t w = columns.begin; w < columns.end; ++w) {
        largest = std::max(largest, plane[h * width + w]);
      }
    }
    return largest;
  }

  const int64_t height_, width_;
  const float scale_;  // Products of floats are what is rounded.
};

StatusOr<std::unique_ptr<Op>> MakeRoiPool(const Node& node) {
  const int64_t height = node.attributes.GetInt("pooled_height", 0);
  const int64_t width = node.attributes.GetInt("pooled_width", 0);
  if (height < 1 || width < 1) {
    return InvalidArgument("pooled_height, pooled_width: expected 1 or more, found " +
                           std::to_string(height) + " and " + std::to_string(width));
  }
  return std::unique_ptr<Op>(new RoiPoolOp(
      height, width, static_cast<float>(node.attributes.GetFloat("spatial_scale", 1))));
}

}  // namespace

extern const OpDefinition kRoiPoolOp;
const OpDefinition kRoiPoolOp = {"RoiPool", 2, 2, &MakeRoiPool};

}  // namespace mace
