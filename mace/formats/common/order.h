// The order in which nodes that may come in any order can be made.
#ifndef MACE_FORMATS_COMMON_ORDER_H_
#define MACE_FORMATS_COMMON_ORDER_H_

#include <cstddef>
#include <vector>

namespace mace {

struct DependencyOrder {
  // Each node after those it depends on: all that `roots` reach, but those that cannot be made
  // because they need a node of a cycle.
  std::vector<size_t> order;
  bool has_cycle = false;
  size_t cycle_node = 0;  // A node on a cycle.
};

// `dependencies[i]` are the nodes that node i needs. Without recursion: depth is the file's choice.
DependencyOrder OrderByDependencies(const std::vector<std::vector<size_t>>& dependencies,
                                    const std::vector<size_t>& roots);

}  // namespace mace

#endif  // MACE_FORMATS_COMMON_ORDER_H_
