#include "mace/formats/common/order.h"

#include <cstdint>
#include <utility>

namespace mace {

DependencyOrder OrderByDependencies(const std::vector<std::vector<size_t>>& dependencies,
                                    const std::vector<size_t>& roots) {
  enum class Mark : uint8_t { kNew, kOpen, kDone };
  DependencyOrder result;
  std::vector<Mark> marks(dependencies.size(), Mark::kNew);
  std::vector<bool> stuck(dependencies.size(), false);  // Needs a node of a cycle.
  std::vector<std::pair<size_t, size_t>> stack;  // A node and how many dependencies were visited.
  for (size_t root : roots) {
    if (marks[root] != Mark::kNew) continue;
    stack.emplace_back(root, 0);
    marks[root] = Mark::kOpen;
    while (!stack.empty()) {
      auto& [node, next] = stack.back();
      if (next == dependencies[node].size()) {
        marks[node] = Mark::kDone;
        const bool is_stuck = stuck[node];
        if (!is_stuck) result.order.push_back(node);
        stack.pop_back();
        if (is_stuck && !stack.empty()) stuck[stack.back().first] = true;
        continue;
      }
      const size_t needed = dependencies[node][next++];
      if (marks[needed] == Mark::kOpen) {
        if (!result.has_cycle) result.cycle_node = needed;
        result.has_cycle = true;
        stuck[node] = true;
      }
      if (stuck[needed]) stuck[node] = true;
      if (marks[needed] == Mark::kNew) {
        marks[needed] = Mark::kOpen;
        stack.emplace_back(needed, 0);
      }
    }
  }
  return result;
}

}  // namespace mace
