#include "mace/graph/node.h"

#include <cmath>
#include <limits>

namespace mace {

namespace {

// Cut to the range of int64_t: an out-of-range cast is undefined. A NaN becomes 0.
int64_t TruncateToInt(double value) {
  constexpr double kLimit = 9223372036854775808.0;  // 2^63
  if (std::isnan(value)) return 0;
  if (value >= kLimit) return std::numeric_limits<int64_t>::max();
  if (value < -kLimit) return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(value);
}

}  // namespace

int64_t AttributeMap::GetInt(const std::string& name, int64_t fallback) const {
  const std::vector<int64_t> numbers = GetInts(name);
  return numbers.size() == 1 ? numbers[0] : fallback;
}

double AttributeMap::GetFloat(const std::string& name, double fallback) const {
  const std::vector<double> numbers = GetFloats(name);
  return numbers.size() == 1 ? numbers[0] : fallback;
}

std::string AttributeMap::GetString(const std::string& name, const std::string& fallback) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return fallback;
  const auto* text = std::get_if<std::string>(&found->second);
  return text != nullptr ? *text : fallback;
}

std::vector<int64_t> AttributeMap::GetInts(const std::string& name,
                                           std::vector<int64_t> fallback) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return fallback;
  const Attribute& value = found->second;
  if (const auto* number = std::get_if<int64_t>(&value)) return {*number};
  if (const auto* number = std::get_if<double>(&value)) return {TruncateToInt(*number)};
  if (const auto* list = std::get_if<std::vector<int64_t>>(&value)) return *list;
  if (const auto* list = std::get_if<std::vector<double>>(&value)) {
    std::vector<int64_t> numbers;
    numbers.reserve(list->size());
    for (double number : *list) numbers.push_back(TruncateToInt(number));
    return numbers;
  }
  if (const auto* tensor = std::get_if<HostTensor>(&value)) return ToInt64Vector(*tensor);
  return fallback;  // A text.
}

std::vector<double> AttributeMap::GetFloats(const std::string& name,
                                            std::vector<double> fallback) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return fallback;
  const Attribute& value = found->second;
  if (const auto* number = std::get_if<int64_t>(&value)) return {static_cast<double>(*number)};
  if (const auto* number = std::get_if<double>(&value)) return {*number};
  if (const auto* list = std::get_if<std::vector<double>>(&value)) return *list;
  if (const auto* list = std::get_if<std::vector<int64_t>>(&value)) {
    return std::vector<double>(list->begin(), list->end());
  }
  if (const auto* tensor = std::get_if<HostTensor>(&value)) {
    const std::vector<float> floats = ToFloatVector(*tensor);
    return std::vector<double>(floats.begin(), floats.end());
  }
  return fallback;  // A text.
}

}  // namespace mace
