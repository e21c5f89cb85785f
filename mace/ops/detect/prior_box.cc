// PriorBox: the boxes that a detector (SSD) measures its results from, around the centre of each
// position of a feature map, in parts of the image. No inputs. The result is [1, 2, 4 * boxes]:
// first (xmin, ymin, xmax, ymax) of all boxes, then their four variances. Boxes of a position, for
// each min_size m (with max_size M): m x m, sqrt(m * M) x sqrt(m * M), and for each aspect_ratio r
// but 1: m * sqrt(r) x m / sqrt(r).
//
// Attributes: feature_size, image_size [h, w]; min_size, max_size (none, or as many, each larger),
// aspect_ratio; clip (0; 1: boxes are cut to [0, 1]); variance (0.1; one or four numbers); offset
// (0.5) of a centre in its step; step_h, step_w (without both: image_size / feature_size), in
// pixels.
#include <algorithm>
#include <array>
#include <cmath>

#include "mace/base/strings.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

struct PriorBoxAttributes {
  int64_t rows = 0, columns = 0;
  double image_h = 0, image_w = 0;
  std::vector<std::array<double, 2>> boxes;  // Height and width, in pixels.
  std::vector<double> variance;
  double offset = 0.5, step_h = 0, step_w = 0;
  bool clip = false;
};

Status ReadSize(const Node& node, const char* name, std::vector<int64_t>* size) {
  constexpr int64_t kMaxExtent = int64_t{1} << 20;
  *size = node.attributes.GetInts(name);
  if (size->size() == 2 && std::min((*size)[0], (*size)[1]) >= 1 &&
      std::max((*size)[0], (*size)[1]) <= kMaxExtent) {
    return Status::Ok();
  }
  return InvalidArgument(std::string(name) + ": expected [h, w] in 1 to " +
                         std::to_string(kMaxExtent) + ", found [" + JoinNumbers(*size, ", ") + "]");
}

// The boxes of one position.
Status ReadBoxes(const Node& node, PriorBoxAttributes* result) {
  const std::vector<double> smallest = node.attributes.GetFloats("min_size");
  const std::vector<double> largest = node.attributes.GetFloats("max_size");
  const std::vector<double> ratios = node.attributes.GetFloats("aspect_ratio");
  if (smallest.empty()) return InvalidArgument("min_size: expected a number or more, found none");
  if (!largest.empty() && largest.size() != smallest.size()) {
    return InvalidArgument("max_size: expected none or " + std::to_string(smallest.size()) +
                           " numbers, found " + std::to_string(largest.size()));
  }
  for (size_t i = 0; i < smallest.size(); ++i) {
    const double m = smallest[i];
    if (!(m > 0) || (!largest.empty() && !(largest[i] > m))) {
      return InvalidArgument("min_size and max_size: expected 0 < min_size < max_size, found " +
                             std::to_string(m) +
                             (largest.empty() ? "" : " and " + std::to_string(largest[i])));
    }
    result->boxes.push_back({m, m});
    if (!largest.empty()) {
      const double side = std::sqrt(m * largest[i]);
      result->boxes.push_back({side, side});
    }
    for (double ratio : ratios) {
      if (!(ratio > 0)) {
        return InvalidArgument("aspect_ratio: expected numbers above 0, found " +
                               std::to_string(ratio));
      }
      if (std::fabs(ratio - 1) < 1e-6) continue;
      result->boxes.push_back({m / std::sqrt(ratio), m * std::sqrt(ratio)});
    }
  }
  return Status::Ok();
}

class PriorBoxOp : public Op {
 public:
  explicit PriorBoxOp(PriorBoxAttributes attributes) : attributes_(std::move(attributes)) {}

  Status Infer(const std::vector<OpInput>&, std::vector<TensorInfo>* outputs) const override {
    const PriorBoxAttributes& a = attributes_;
    MACE_ASSIGN_OR_RETURN(
        const Shape numbers,
        Shape::Make({a.rows, a.columns, static_cast<int64_t>(a.boxes.size()), 4}));
    MACE_ASSIGN_OR_RETURN(Shape shape, Shape::Make({1, 2, numbers.elements()}));
    outputs->assign(1, {DType::kFloat32, std::move(shape)});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>&,
                   std::vector<HostTensor>* outputs) const override {
    const PriorBoxAttributes& a = attributes_;
    float* y = (*outputs)[0].f32();
    for (int64_t i = 0; i < a.rows * a.columns; ++i) {
      const double center_y = (static_cast<double>(i / a.columns) + a.offset) * a.step_h;
      const double center_x = (static_cast<double>(i % a.columns) + a.offset) * a.step_w;
      for (const auto& [height, width] : a.boxes) {
        for (double side : {-0.5, 0.5}) {
          *y++ = Place((center_x + side * width) / a.image_w);
          *y++ = Place((center_y + side * height) / a.image_h);
        }
      }
    }
    const int64_t numbers = (*outputs)[0].shape()[2];
    for (int64_t i = 0; i < numbers; ++i) {
      *y++ = static_cast<float>(a.variance[static_cast<size_t>(i % 4)]);
    }
    return Status::Ok();
  }

 private:
  float Place(double at) const {
    return static_cast<float>(attributes_.clip ? std::clamp(at, 0.0, 1.0) : at);
  }

  PriorBoxAttributes attributes_;
};

StatusOr<std::unique_ptr<Op>> MakePriorBox(const Node& node) {
  PriorBoxAttributes result;
  std::vector<int64_t> feature, image;
  MACE_RETURN_IF_ERROR(ReadSize(node, "feature_size", &feature));
  MACE_RETURN_IF_ERROR(ReadSize(node, "image_size", &image));
  MACE_RETURN_IF_ERROR(ReadBoxes(node, &result));
  result.rows = feature[0];
  result.columns = feature[1];
  result.image_h = static_cast<double>(image[0]);
  result.image_w = static_cast<double>(image[1]);
  result.variance = node.attributes.GetFloats("variance");
  if (result.variance.empty()) result.variance = {0.1};
  if (result.variance.size() == 1) result.variance.assign(4, result.variance[0]);
  if (result.variance.size() != 4) {
    return InvalidArgument("variance: expected one or four numbers, found " +
                           std::to_string(result.variance.size()));
  }
  result.offset = node.attributes.GetFloat("offset", 0.5);
  result.step_h = node.attributes.GetFloat("step_h", 0);
  result.step_w = node.attributes.GetFloat("step_w", 0);
  if (result.step_h <= 1e-6 || result.step_w <= 1e-6) {
    result.step_h = result.image_h / static_cast<double>(feature[0]);
    result.step_w = result.image_w / static_cast<double>(feature[1]);
  }
  result.clip = node.attributes.GetInt("clip", 0) != 0;
  return std::unique_ptr<Op>(new PriorBoxOp(std::move(result)));
}

}  // namespace

extern const OpDefinition kPriorBoxOp;
const OpDefinition kPriorBoxOp = {"PriorBox", 0, 0, &MakePriorBox};

}  // namespace mace
