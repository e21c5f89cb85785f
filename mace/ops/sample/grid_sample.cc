// GridSample: x [n, c, d1, ..., dk] sampled at the places of grid [n, o1, ..., ok, k], to
// [n, c, o1, ..., ok], for one to three spatial axes. A place has a coordinate for each axis, the
// last axis first; -1 and 1 are the ends of an axis: its outer edges, or with align_corners the
// centres of its first and last element.
//
// Attributes: mode ("nearest": halves go to the even neighbour; "linear"; "cubic": Keys'
// convolution with a = -0.75), padding_mode ("zeros"; "border": the nearest element; "reflection":
// mirrored at the ends), align_corners (0). A place that is not a number gives NaN. On the CPU
// alone.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "mace/base/strings.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

enum class SampleMode { kNearest, kLinear, kCubic };
enum class SamplePadding { kZeros, kBorder, kReflection };

// An element along one axis, or -1 for a zero, and its weight.
struct Tap {
  int64_t at;
  double weight;
};

// One spatial axis of x.
class SampleAxis {
 public:
  SampleAxis(int64_t extent, int64_t stride, bool align_corners)
      : extent_(extent),
        stride_(stride),
        align_corners_(align_corners),
        low_(align_corners ? 0 : -0.5),
        high_(static_cast<double>(extent) - (align_corners ? 1 : 0.5)) {}

  int64_t stride() const { return stride_; }

  // In the arithmetic of floats, in which ties of the mode "nearest" are what they are.
  double PlaceOf(float coordinate) const {
    const float extent = static_cast<float>(extent_);
    return align_corners_ ? (coordinate + 1) / 2 * (extent - 1)
                          : ((coordinate + 1) * extent - 1) / 2;
  }

  std::vector<Tap> TapsOf(double place, SampleMode mode, SamplePadding padding) const {
    constexpr double kFar = static_cast<double>(int64_t{1} << 40);  // An int64 holds it.
    place = std::clamp(place, -kFar, kFar);
    if (mode == SampleMode::kNearest) place = std::nearbyint(place);
    // The cubic convolution finds a place for each of its elements alone.
    if (mode != SampleMode::kCubic && (place < low_ || place > high_)) {
      if (padding == SamplePadding::kBorder) {
        place = std::clamp(place, 0.0, static_cast<double>(extent_ - 1));
      }
      if (padding == SamplePadding::kReflection) place = Reflect(place);
    }
    if (mode == SampleMode::kNearest) {
      return {{IndexOf(static_cast<int64_t>(place), padding), 1}};
    }
    const double floor = std::floor(place), rest = place - floor;
    const int64_t first = static_cast<int64_t>(floor);
    if (mode == SampleMode::kLinear) {
      return {{IndexOf(first, padding), 1 - rest}, {IndexOf(first + 1, padding), rest}};
    }
    std::vector<Tap> taps;
    for (int64_t i = -1; i <= 2; ++i) {
      taps.push_back(
          {IndexOf(first + i, padding), Cubic(std::fabs(rest - static_cast<double>(i)))});
    }
    return taps;
  }

 private:
  static double Cubic(double x) {
    constexpr double kA = -0.75;
    if (x <= 1) return ((kA + 2) * x - (kA + 3)) * x * x + 1;
    return ((kA * x - 5 * kA) * x + 8 * kA) * x - 4 * kA;
  }

  double Reflect(double place) const {
    const double range = high_ - low_;
    if (range <= 0) return low_;
    const double beyond = place < low_ ? low_ - place : place - high_;
    const double times = std::floor(beyond / range);
    const double rest = std::clamp(beyond - times * range, 0.0, range);
    const bool turns_back = std::fmod(times, 2) == 0;
    return (place < low_) == turns_back ? low_ + rest : high_ - rest;
  }

  int64_t IndexOf(int64_t at, SamplePadding padding) const {
    if (at >= 0 && at < extent_) return at;
    if (padding == SamplePadding::kZeros) return -1;
    if (padding == SamplePadding::kReflection) {
      at = static_cast<int64_t>(Reflect(static_cast<double>(at)));
    }
    return std::clamp<int64_t>(at, 0, extent_ - 1);
  }

  int64_t extent_, stride_;
  bool align_corners_;
  double low_, high_;  // The ends of the axis, where it is mirrored.
};

class GridSampleOp : public Op {
 public:
  GridSampleOp(SampleMode mode, SamplePadding padding, bool align_corners)
      : mode_(mode), padding_(padding), align_corners_(align_corners) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo& x = inputs[0].info;
    const TensorInfo& grid = inputs[1].info;
    const int axes = x.shape.rank() - 2;
    const bool fits = IsFloat(x.dtype) && IsFloat(grid.dtype) && axes >= 1 && axes <= 3 &&
                      grid.shape.rank() == axes + 2 && grid.shape[0] == x.shape[0] &&
                      grid.shape.back(0) == axes && x.shape.elements() > 0;
    if (!fits) {
      return InvalidArgument(
          "expected x [n, c, 1 to 3 axes] and a grid [n, as many axes, a "
          "coordinate for each], of floats, found " +
          x.ToString() + " and " + grid.ToString());
    }
    std::vector<int64_t> dims = {x.shape[0], x.shape[1]};
    dims.insert(dims.end(), grid.shape.dims().begin() + 1, grid.shape.dims().end() - 1);
    MACE_ASSIGN_OR_RETURN(Shape shape, Shape::Make(std::move(dims)));
    outputs->assign(1, {DType::kFloat32, std::move(shape)});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const Shape& shape = inputs[0].shape();
    const int rank = shape.rank();
    std::vector<SampleAxis> axes;
    for (int axis = 2; axis < rank; ++axis) {
      axes.emplace_back(shape[axis], shape.elements(axis + 1, rank), align_corners_);
    }
    const int64_t channels = shape[1], plane = shape.elements(2, rank);
    const Shape& out = (*outputs)[0].shape();
    const int64_t places = out.elements(2, rank);
    const float* grid = inputs[1].f32();
    for (int64_t n = 0; n < shape[0]; ++n) {
      const float* image = inputs[0].f32() + n * channels * plane;
      float* y = (*outputs)[0].f32() + n * channels * places;
      for (int64_t place = 0; place < places; ++place, grid += axes.size()) {
        const std::vector<Tap> taps = TapsAt(axes, grid);
        for (int64_t c = 0; c < channels; ++c) {
          double sum = 0;
          for (const Tap& tap : taps) {
            if (tap.at >= 0) sum += tap.weight * double{image[c * plane + tap.at]};
          }
          y[c * places + place] =
              taps.empty() ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(sum);
        }
      }
    }
    return Status::Ok();
  }

  bool SplitsAlongBatch(const std::vector<OpInput>& /*inputs*/,
                        const std::vector<bool>& batched) const override {
    return batched[0] && batched[1];
  }

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    const double taps = mode_ == SampleMode::kCubic ? 4 : mode_ == SampleMode::kLinear ? 2 : 1;
    cost.flops = 2 * static_cast<double>(outputs[0].shape.elements()) *
                 std::pow(taps, inputs[0].info.shape.rank() - 2);
    return cost;
  }

 private:
  // Offsets into a channel, -1 for zeros; none where a coordinate is not a number.
  std::vector<Tap> TapsAt(const std::vector<SampleAxis>& axes, const float* coordinates) const {
    std::vector<Tap> taps = {{0, 1}};
    for (size_t axis = 0; axis < axes.size(); ++axis) {
      const double place = axes[axis].PlaceOf(coordinates[axes.size() - 1 - axis]);
      if (std::isnan(place)) return {};
      std::vector<Tap> longer;
      for (const Tap& tap : axes[axis].TapsOf(place, mode_, padding_)) {
        for (const Tap& before : taps) {
          const bool is_zero = before.at < 0 || tap.at < 0;
          longer.push_back({is_zero ? -1 : before.at + tap.at * axes[axis].stride(),
                            before.weight * tap.weight});
        }
      }
      taps = std::move(longer);
    }
    return taps;
  }

  const SampleMode mode_;
  const SamplePadding padding_;
  const bool align_corners_;
};

StatusOr<int> ChoiceOf(const Node& node, const char* name, const std::vector<const char*>& names) {
  const std::string found = node.attributes.GetString(name, names[0]);
  for (size_t i = 0; i < names.size(); ++i) {
    if (found == names[i]) return static_cast<int>(i);
  }
  std::string expected;
  for (const char* known : names) expected += (expected.empty() ? "" : ", ") + std::string(known);
  return Unsupported(std::string(name) + ": expected one of " + expected + ", found " +
                     Printable(found));
}

StatusOr<std::unique_ptr<Op>> MakeGridSample(const Node& node) {
  MACE_ASSIGN_OR_RETURN(const int mode, ChoiceOf(node, "mode", {"nearest", "linear", "cubic"}));
  MACE_ASSIGN_OR_RETURN(const int padding,
                        ChoiceOf(node, "padding_mode", {"zeros", "border", "reflection"}));
  return std::unique_ptr<Op>(new GridSampleOp(static_cast<SampleMode>(mode),
                                              static_cast<SamplePadding>(padding),
                                              node.attributes.GetInt("align_corners", 0) != 0));
}

}  // namespace

extern const OpDefinition kGridSampleOp;
const OpDefinition kGridSampleOp = {"GridSample", 2, 2, &MakeGridSample};

}  // namespace mace
