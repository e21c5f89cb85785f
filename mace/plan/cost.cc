#include "mace/plan/cost.h"

namespace mace {

Cost NodeCost(const Plan& plan, size_t node) {
  const Graph& graph = *plan.bound.graph;
  const Node& n = graph.nodes[node];
  Cost cost = plan.bound.ops[node]->EstimateCost(MakeOpInputs(graph, n), MakeOutputInfos(graph, n));
  // A run executes the node once for each slice of the batch.
  cost.flops *= static_cast<double>(plan.batch_slices);
  cost.bytes *= static_cast<double>(plan.batch_slices);
  // The graph's types are those of the model, which is float32.
  if (plan.placements[node].precision == Precision::kFloat16) cost.bytes /= 2;
  return cost;
}

}  // namespace mace
