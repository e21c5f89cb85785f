#include "mace/plan/cost.h"

namespace mace {

Cost NodeCost(const Plan& plan, size_t node) {
  const Graph& graph = *plan.graph;
  std::vector<OpInput> inputs;
  for (ValueId id : graph.nodes[node].inputs) {
    OpInput input;
    input.present = id != kNoValue;
    if (input.present) input.info = graph.value(id).info;
    if (graph.IsConstant(id)) input.constant = &*graph.value(id).constant;
    inputs.push_back(std::move(input));
  }
  std::vector<TensorInfo> outputs;
  for (ValueId id : graph.nodes[node].outputs) outputs.push_back(graph.value(id).info);
  Cost cost = plan.ops[node]->EstimateCost(inputs, outputs);
  // A run takes the node once for each slice of the batch.
  cost.flops *= static_cast<double>(plan.batch_slices);
  cost.bytes *= static_cast<double>(plan.batch_slices);
  // Shapes and types are the model's, which is of float32.
  if (plan.placements[node].precision == Precision::kFloat16) cost.bytes /= 2;
  return cost;
}

}  // namespace mace
