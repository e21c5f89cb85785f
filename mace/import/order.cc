#include "mace/import/order.h"

#include <cstdint>
#include <utility>

namespace mace {

DependencyOrder OrderByDependencies(const std::vector<std::vector<size_t>>& dependencies,
                                    const std::vector<size_t>& roots) {
  enum class Mark : uint8_t { kNew, kOpen, kDone };
  DependencyOrder result;
  std::vector<Mark> marks(dependencies.size(), Mark::kNew);
  std::vector<std::pair<size_t, size_t>> stack;  // A node and how many dependencies were visited.
  for (size_t root : roots) {
    if (marks[root] != Mark::kNew) continue;
    stack.emplace_back(root, 0);
    marks[root] = Mark::kOpen;
    while (!stack.empty()) {
      auto& [node, next] = stack.back();
      if (next == dependencies[node].size()) {
        marks[node] = Mark::kDone;
        result.order.push_back(node);
        stack.pop_back();
        continue;
      }
      const size_t needed = dependencies[node][next++];
      if (marks[needed] == Mark::kOpen) {
        result.has_cycle = true;
        result.cycle_node = needed;
        return result;
      }
      if (marks[needed] == Mark::kNew) {
        marks[needed] = Mark::kOpen;
        stack.emplace_back(needed, 0);
      }
    }
  }
  return result;
}

}  // namespace mace
