#include "mace/formats/mace/export_quantized.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace mace {
namespace {

// A smaller constant is not worth it, and may be a multiple of some scale by chance.
constexpr int64_t kLeastElements = 1024;
constexpr int kLargestSteps = 255;

struct Extremes {
  float smallest = 0;
  float largest = 0;
};

// Nothing where the uint8 form cannot hold an element: infinities, NaN and -0.
std::optional<Extremes> ExtremesOf(const float* elements, int64_t count) {
  Extremes extremes;
  for (int64_t i = 0; i < count; ++i) {
    const float element = elements[i];
    if (!std::isfinite(element) || (element == 0 && std::signbit(element))) return std::nullopt;
    extremes.smallest = std::min(extremes.smallest, element);
    extremes.largest = std::max(extremes.largest, element);
  }
  return extremes;
}

bool AreMultiples(const float* elements, int64_t count, float scale) {
  for (int64_t i = 0; i < count; ++i) {
    const double steps = std::nearbyint(double{elements[i]} / double{scale});
    // The importer computes it so (tensors.cc).
    if (static_cast<float>(double{scale} * steps) != elements[i]) return false;
  }
  return true;
}

// The scale of which the element with the largest magnitude is `steps` multiples, and all others
// are multiples too; 0: there is none. The quotient of two floats is a unit in the last place off
// at most, and so is a float that was rounded from a product.
float ScaleOf(const float* elements, int64_t count, float magnitude, int steps) {
  const float near = magnitude / static_cast<float>(steps);
  const float below = std::nextafter(near, 0.0f), above = std::nextafter(near, INFINITY);
  for (const float scale : {near, below, above}) {
    if (std::isnormal(scale) && AreMultiples(elements, count, scale)) return scale;
  }
  return 0;
}

QuantizedElements Quantize(const float* elements, int64_t count, float scale, int lowest) {
  QuantizedElements quantized;
  quantized.scale = scale;
  quantized.zero_point = -lowest;
  quantized.values.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    const int steps = static_cast<int>(std::nearbyint(double{elements[i]} / double{scale}));
    quantized.values.push_back(static_cast<uint8_t>(steps - lowest));
  }
  return quantized;
}

}  // namespace

std::unordered_set<ValueId> QuantizableConstants(const Graph& graph) {
  static const auto* const kProducts = new std::unordered_set<std::string>{
      "Conv2D", "DepthwiseConv2d", "Deconv2D", "FullyConnected", "MatMul"};
  std::unordered_set<ValueId> constants;
  for (const Node& node : graph.nodes) {
    if (kProducts->count(node.type) == 0 || node.inputs.size() < 2) continue;
    const ValueId id = node.inputs[1];
    if (graph.IsConstant(id) && IsFloat(graph.value(id).constant->dtype()) &&
        graph.value(id).constant->shape().elements() >= kLeastElements) {
      constants.insert(id);
    }
  }
  return constants;
}

StatusOr<std::optional<QuantizedElements>> FindQuantizedElements(const HostTensor& tensor) {
  MACE_ASSIGN_OR_RETURN(const HostTensor floats, tensor.ConvertTo(DType::kFloat32));
  const float* const elements = floats.f32();
  const int64_t count = floats.shape().elements();
  const std::optional<Extremes> extremes = ExtremesOf(elements, count);
  std::optional<QuantizedElements> none;
  if (!extremes.has_value()) return none;
  const float magnitude = std::max(-extremes->smallest, extremes->largest);
  if (!(magnitude > 0)) return none;
  for (int steps = 1; steps <= kLargestSteps; ++steps) {
    const float scale = ScaleOf(elements, count, magnitude, steps);
    if (scale == 0) continue;
    const int lowest = static_cast<int>(std::nearbyint(double{extremes->smallest} / double{scale}));
    const int highest = static_cast<int>(std::nearbyint(double{extremes->largest} / double{scale}));
    // With more steps the elements only lie further apart.
    if (highest - lowest > kLargestSteps) return none;
    return std::optional<QuantizedElements>(Quantize(elements, count, scale, lowest));
  }
  return none;
}

}  // namespace mace
