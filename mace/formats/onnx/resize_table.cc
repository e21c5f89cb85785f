#include "mace/formats/onnx/resize_table.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

namespace mace {
namespace {

// Where the output coordinates lie in the input: coordinate o at (first + o * step) / unit. With
// extents up to 2^16 and the 24 bits of a float's mantissa no product reaches 2^62.
struct SourceLine {
  int64_t first = 0;
  int64_t step = 0;
  int64_t unit = 1;  // Above 0.
};

// A coordinate of the input: below + rest / unit, with rest in [0, unit).
struct Source {
  int64_t below = 0;
  int64_t rest = 0;
};

SourceLine LineOf(const OnnxResizeMode& mode, const OnnxResizeAxis& axis) {
  if (mode.coordinates == "tf_crop_and_resize") return {0, 0, int64_t{1} << 30};
  const int64_t p = axis.scale.numerator, q = axis.scale.denominator;
  if (mode.coordinates == "align_corners") {
    // The extent that the scale asks for, which may have parts of a pixel, less 1; times q.
    const int64_t wanted = p * axis.in - q;
    if (axis.out == 1 || wanted <= 0) return {};
    return {0, (axis.in - 1) * q, wanted};
  }
  if (mode.coordinates == "asymmetric") return {0, q, p};
  if (mode.coordinates == "tf_half_pixel_for_nn") return {q, 2 * q, 2 * p};
  if (mode.coordinates == "pytorch_half_pixel" && axis.out == 1) return {};
  int64_t first = q - p;  // half_pixel: (o + 0.5) / scale - 0.5.
  if (mode.coordinates == "half_pixel_symmetric") {
    // in / 2 * (1 - out / wanted), where out is what is left of the wanted extent.
    first += axis.in * p - axis.out * q;
  }
  return {first, 2 * q, 2 * p};
}

// The parts of an element of a source that is no fraction of small integers.
constexpr int64_t kCropUnit = int64_t{1} << 30;

bool IsCrop(const OnnxResizeMode& mode) { return mode.coordinates == "tf_crop_and_resize"; }

// In the arithmetic of floats, in which engines decide what is outside and which of two is nearest.
float CropSource(const OnnxResizeAxis& axis, int64_t at) {
  const float last = static_cast<float>(axis.in - 1);
  if (axis.out == 1) return 0.5f * (axis.crop_start + axis.crop_end) * last;
  const float way = static_cast<float>(at) * (axis.crop_end - axis.crop_start) * last;
  return axis.crop_start * last + way / static_cast<float>(axis.out - 1);
}

Source CropSourceOf(const OnnxResizeAxis& axis, int64_t at) {
  // What lies outside is replaced later, wherever it is taken from.
  const double source =
      std::clamp(double{CropSource(axis, at)}, 0.0, static_cast<double>(axis.in - 1));
  const double scaled = std::nearbyint(source * static_cast<double>(kCropUnit));
  const int64_t parts = static_cast<int64_t>(scaled);
  return {parts / kCropUnit, parts % kCropUnit};
}

Source SourceOf(const SourceLine& line, int64_t at) {
  const int64_t scaled = line.first + at * line.step;
  Source source{scaled / line.unit, scaled % line.unit};
  if (source.rest < 0) {
    source.rest += line.unit;
    source.below -= 1;
  }
  return source;
}

double Cubic(double a, double x) {
  x = std::fabs(x);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

// -ceil(reach / scale) + 1, or of reach alone where the filter keeps its width: the first neighbour
// that has a weight, counted from the one in front of the source.
int64_t FirstNeighbour(const OnnxResizeMode& mode, const OnnxResizeScale& scale) {
  const int64_t reach = mode.mode == "linear" ? 1 : 2;
  if (!mode.antialias || scale.numerator >= scale.denominator) return 1 - reach;
  return 1 - (reach * scale.denominator + scale.numerator - 1) / scale.numerator;
}

// The weights of neighbours, in order from `first` on; `ratio` in (0, 1] is how far the source is
// behind the last one in front of it.
std::vector<double> Weights(const OnnxResizeMode& mode, double scale, int64_t first, double ratio) {
  const bool linear = mode.mode == "linear";
  // Where an image becomes smaller, the filter becomes wider by as much.
  const double narrow = mode.antialias ? std::min(scale, 1.0) : 1;
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

OnnxResizeTable MakeFilterTable(const OnnxResizeMode& mode, const OnnxResizeAxis& axis) {
  OnnxResizeTable table(static_cast<size_t>(axis.out));
  const SourceLine line = LineOf(mode, axis);
  const int64_t first_neighbour = FirstNeighbour(mode, axis.scale);
  for (int64_t at = 0; at < axis.out; ++at) {
    const Source place = IsCrop(mode) ? CropSourceOf(axis, at) : SourceOf(line, at);
    // A source on an element has that one as the neighbour behind it.
    const int64_t in_front = place.rest == 0 ? place.below - 1 : place.below;
    const double ratio =
        place.rest == 0 ? 1 : static_cast<double>(place.rest) / static_cast<double>(line.unit);
    const std::vector<double> weights = Weights(mode, axis.scale.value(), first_neighbour, ratio);
    std::map<int64_t, double> sources;
    double sum = 0;
    for (size_t i = 0; i < weights.size(); ++i) {
      const int64_t source = in_front + first_neighbour + static_cast<int64_t>(i);
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

}  // namespace

std::vector<bool> FindOnnxOutside(const OnnxResizeMode& mode, const OnnxResizeAxis& axis) {
  std::vector<bool> outside;
  for (int64_t at = 0; IsCrop(mode) && at < axis.out; ++at) {
    const float source = CropSource(axis, at);
    outside.push_back(!(source >= 0 && source <= static_cast<float>(axis.in - 1)));
  }
  return outside;
}

std::optional<OnnxResizeScale> OnnxResizeScale::FromFloat(float value) {
  constexpr float kLargest = 1 << 24;
  constexpr int kMantissaBits = 24;
  if (!(value >= 1 / kLargest && value <= kLargest)) return std::nullopt;
  int exponent = 0;
  const float mantissa = std::frexp(value, &exponent);  // In [0.5, 1).
  OnnxResizeScale scale;
  scale.numerator = static_cast<int64_t>(std::ldexp(mantissa, kMantissaBits));
  exponent -= kMantissaBits;
  while (scale.numerator % 2 == 0 && exponent < 0) {
    scale.numerator /= 2;
    ++exponent;
  }
  (exponent < 0 ? scale.denominator : scale.numerator) <<= std::abs(exponent);
  return scale;
}

std::vector<int64_t> FindOnnxNearestSources(const OnnxResizeMode& mode,
                                            const OnnxResizeAxis& axis) {
  const SourceLine line = LineOf(mode, axis);
  // The upper of two neighbours is taken where twice the rest reaches this.
  int64_t upper_from = line.unit;  // round_prefer_ceil.
  if (mode.nearest == "round_prefer_floor") upper_from = line.unit + 1;
  if (mode.nearest == "floor") upper_from = 2 * line.unit;
  if (mode.nearest == "ceil") upper_from = 1;
  std::vector<int64_t> sources(static_cast<size_t>(axis.out));
  for (int64_t at = 0; at < axis.out; ++at) {
    const Source place = IsCrop(mode) ? CropSourceOf(axis, at) : SourceOf(line, at);
    const int64_t nearest = place.below + (2 * place.rest >= upper_from ? 1 : 0);
    sources[static_cast<size_t>(at)] = std::clamp<int64_t>(nearest, 0, axis.in - 1);
  }
  return sources;
}

OnnxResizeTable MakeOnnxResizeTable(const OnnxResizeMode& mode, const OnnxResizeAxis& axis) {
  if (mode.mode != "nearest") return MakeFilterTable(mode, axis);
  OnnxResizeTable table;
  for (int64_t source : FindOnnxNearestSources(mode, axis)) table.push_back({{source, 1.0}});
  return table;
}

}  // namespace mace
