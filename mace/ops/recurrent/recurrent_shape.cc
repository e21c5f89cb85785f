#include "mace/ops/recurrent/recurrent_shape.h"

#include <string>

#include "mace/base/strings.h"

namespace mace {

StatusOr<int64_t> ParseRecurrentHidden(const AttributeMap& attributes) {
  constexpr int64_t kMaxHidden = int64_t{1} << 30;
  const int64_t hidden = attributes.GetInt("hidden", 0);
  if (hidden >= 1 && hidden <= kMaxHidden) return hidden;
  return InvalidArgument("hidden: expected 1 to " + std::to_string(kMaxHidden) + ", found " +
                         std::to_string(hidden));
}

StatusOr<std::vector<bool>> ParseRecurrentDirections(const AttributeMap& attributes) {
  const std::string direction = attributes.GetString("direction", "forward");
  std::vector<bool> reversed;
  if (direction == "forward" || direction == "bidirectional") reversed.push_back(false);
  if (direction == "reverse" || direction == "bidirectional") reversed.push_back(true);
  if (!reversed.empty()) return reversed;
  return InvalidArgument("direction: expected forward, reverse or bidirectional, found '" +
                         Printable(direction) + "'");
}

double RecurrentFlops(const std::vector<OpInput>& inputs) {
  const Shape& x = inputs[0].info.shape;
  return 2.0 * static_cast<double>(x[0] * x[1]) *
         static_cast<double>(inputs[1].info.shape.elements() + inputs[2].info.shape.elements());
}

}  // namespace mace
