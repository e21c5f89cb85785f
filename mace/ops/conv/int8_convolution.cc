#include "mace/ops/conv/int8_convolution.h"

#include <cmath>
#include <string>

namespace mace {
namespace {

StatusOr<float> ParseScale(const AttributeMap& attributes, const std::string& name) {
  const double scale = attributes.GetFloat(name, 0);
  if (scale > 0 && std::isfinite(scale)) return static_cast<float>(scale);
  return InvalidArgument(name + ": expected a number above 0, found " + std::to_string(scale));
}

StatusOr<Quantization> ParseQuantization(const AttributeMap& attributes, const std::string& name) {
  Quantization quantization;
  MACE_ASSIGN_OR_RETURN(quantization.scale, ParseScale(attributes, name + "_scale"));
  const int64_t zero_point = attributes.GetInt(name + "_zero_point", -1);
  if (zero_point < 0 || zero_point > 255) {
    return InvalidArgument(name + "_zero_point: expected 0 to 255, found " +
                           std::to_string(zero_point));
  }
  quantization.zero_point = static_cast<int32_t>(zero_point);
  return quantization;
}

void SetQuantization(const std::string& name, const Quantization& quantization,
                     AttributeMap* attributes) {
  attributes->Set(name + "_scale", double{quantization.scale});
  attributes->Set(name + "_zero_point", int64_t{quantization.zero_point});
}

}  // namespace

StatusOr<std::optional<Int8Convolution>> Int8Convolution::Parse(const AttributeMap& attributes) {
  if (!attributes.Has("x_scale") && !attributes.Has("y_scale"))
    return std::optional<Int8Convolution>();
  Int8Convolution bits;
  MACE_ASSIGN_OR_RETURN(bits.x, ParseQuantization(attributes, "x"));
  MACE_ASSIGN_OR_RETURN(bits.y, ParseQuantization(attributes, "y"));
  MACE_ASSIGN_OR_RETURN(bits.filter_scale, ParseScale(attributes, "filter_scale"));
  return std::optional<Int8Convolution>(bits);
}

void Int8Convolution::SetAttributes(AttributeMap* attributes) const {
  SetQuantization("x", x, attributes);
  SetQuantization("y", y, attributes);
  attributes->Set("filter_scale", double{filter_scale});
}

}  // namespace mace
