#include "mace/ops/prefixed_attributes.h"

namespace mace {

AttributeMap WithoutPrefix(const AttributeMap& attributes, const std::string& prefix) {
  AttributeMap result;
  for (const auto& [name, value] : attributes.values()) {
    if (name.compare(0, prefix.size(), prefix) == 0) result.Set(name.substr(prefix.size()), value);
  }
  return result;
}

}  // namespace mace
