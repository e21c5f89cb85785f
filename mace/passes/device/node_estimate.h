// What the passes of this folder share: the estimate that a fusion is judged by, and the removal of
// the nodes that it replaces.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PASSES_DEVICE_NODE_ESTIMATE_H_
#define MACE_PASSES_DEVICE_NODE_ESTIMATE_H_

#include <cstddef>
#include <vector>

#include "mace/plan/bound_graph.h"
#include "mace/plan/plan_options.h"

namespace mace {

struct EstimatedNode {
  const Node& node;
  const Op& op;
  Precision precision;
};

// The estimated milliseconds of the node's cheapest variant on the device with at most so many
// launches, the cost of its launches included; infinite where the op refuses the node or has no
// such variant. REQUIRES: the shapes of the node's inputs are known.
double CheapestNodeMs(const Graph& graph, const EstimatedNode& node, const DeviceInfo& device,
                      const PlanOptions& options, size_t max_launches);

// Takes these nodes out of the graph, and their ops out of the list.
void RemoveNodes(const std::vector<bool>& removed, Graph* graph, OpList* ops);

}  // namespace mace

#endif  // MACE_PASSES_DEVICE_NODE_ESTIMATE_H_
