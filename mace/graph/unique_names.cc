#include "mace/graph/unique_names.h"

namespace mace {

std::string UniqueNames::Find(const std::string& base) {
  if (!Holds(base)) return base;
  size_t& number = next_.emplace(base, 1).first->second;
  for (;; ++number) {
    std::string candidate = base + "_" + std::to_string(number);
    if (!Holds(candidate)) return candidate;
  }
}

std::string UniqueNames::Take(const std::string& base) {
  std::string name = Find(base);
  taken_.insert(name);
  return name;
}

}  // namespace mace
