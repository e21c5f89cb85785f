#include "mace/import/onnx_resize_table.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace mace {
namespace {

// Where output coordinate `at` lies in the input.
double SourceOf(const OnnxResizeMode& mode, const OnnxResizeAxis& axis, int64_t at) {
  const double x = static_cast<double>(at), in = static_cast<double>(axis.in);
  const double centered = (x + 0.5) / axis.scale - 0.5;
  // Not rounded: a scale may ask for parts of a pixel.
  const double wanted = axis.scale * in;
  if (mode.coordinates == "align_corners") return wanted == 1 ? 0 : x * (in - 1) / (wanted - 1);
  if (mode.coordinates == "asymmetric") return x / axis.scale;
  if (mode.coordinates == "tf_half_pixel_for_nn") return (x + 0.5) / axis.scale;
  if (mode.coordinates == "pytorch_half_pixel") return wanted == 1 ? -0.5 : centered;
  if (mode.coordinates == "half_pixel_symmetric") {
    return centered + in / 2 * (1 - static_cast<double>(axis.out) / wanted);
  }
  return centered;  // half_pixel.
}

double Cubic(double a, double x) {
  x = std::fabs(x);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

// The weights of neighbours, in order; `ratio` in (0, 1] is how far the source is behind the last
// one in front of it.
std::vector<double> Weights(const OnnxResizeMode& mode, double scale, double ratio) {
  if (mode.mode == "nearest") {
    const bool in_front = ratio < 1 && (mode.nearest == "floor" ||
                                        (mode.nearest == "round_prefer_floor" && ratio <= 0.5) ||
                                        (mode.nearest == "round_prefer_ceil" && ratio < 0.5));
    return in_front ? std::vector<double>{1, 0} : std::vector<double>{0, 1};
  }
  const bool linear = mode.mode == "linear";
  // Where an image becomes smaller, the filter becomes wider by as much.
  const double narrow = mode.antialias ? std::min(scale, 1.0) : 1;
  const double reach = linear ? 1 : 2;
  const int64_t first = static_cast<int64_t>(std::floor(-reach / narrow)) + 1;
  std::vector<double> weights;
  double sum = 0;
  for (int64_t i = first; i < 2 - first; ++i) {
    const double x = (static_cast<double>(i) - ratio) * narrow;
    weights.push_back(linear ? std::clamp(1 - std::fabs(x), 0.0, 1.0) : Cubic(mode.cubic_a, x));
    sum += weights.back();
  }
  if (mode.antialias) {
    for (double& weight : weights) weight /= sum;
  }
  return weights;
}

// The first of the `count` integers nearest to x; of two equally near the smaller one.
int64_t FirstNeighbour(double x, int64_t count) {
  // The middle of the run is nearest to x, a tie going to the run in front.
  return static_cast<int64_t>(std::ceil(x - static_cast<double>(count) / 2 - 1e-12));
}

}  // namespace

OnnxResizeTable MakeOnnxResizeTable(const OnnxResizeMode& mode, const OnnxResizeAxis& axis) {
  OnnxResizeTable table(static_cast<size_t>(axis.out));
  for (int64_t at = 0; at < axis.out; ++at) {
    const double x = SourceOf(mode, axis, at);
    const double below = std::floor(x);
    const double ratio = x == below ? 1 : x - below;
    std::vector<double> weights = Weights(mode, axis.scale, ratio);
    const int64_t first = FirstNeighbour(x, static_cast<int64_t>(weights.size()));
    std::map<int64_t, double> sources;
    double sum = 0;
    for (size_t i = 0; i < weights.size(); ++i) {
      const int64_t source = first + static_cast<int64_t>(i);
      const bool outside = source < 0 || source >= axis.in;
      if (weights[i] == 0 || (outside && mode.exclude_outside)) continue;
      sources[std::clamp<int64_t>(source, 0, axis.in - 1)] += weights[i];
      sum += weights[i];
    }
    auto& entry = table[static_cast<size_t>(at)];
    for (const auto& [source, weight] : sources) {
      entry.emplace_back(source, mode.exclude_outside ? weight / sum : weight);
    }
  }
  return table;
}

}  // namespace mace
