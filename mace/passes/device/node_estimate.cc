#include "mace/passes/device/node_estimate.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "mace/plan/choose_by_cost.h"
#include "mace/plan/variants.h"

namespace mace {

double CheapestNodeMs(const Graph& graph, const EstimatedNode& node, const DeviceInfo& device,
                      const PlanOptions& options, size_t max_launches) {
  constexpr double kNone = std::numeric_limits<double>::infinity();
  std::vector<TensorInfo> outputs;
  if (!node.op.Infer(MakeOpInputs(graph, node.node), &outputs).ok()) return kNone;
  PlanOptions own = options;
  own.precision = node.precision;
  double best = kNone;
  for (const KernelVariant& variant :
       FindVariants(graph, node.node, node.op, device, own).variants) {
    if (variant.launches.size() > max_launches) continue;
    best = std::min(best, VariantMs(variant, device));
  }
  return best;
}

void RemoveNodes(const std::vector<bool>& removed, Graph* graph, OpList* ops) {
  size_t kept = 0;
  for (size_t n = 0; n < graph->nodes.size(); ++n) {
    if (removed[n]) continue;
    if (kept != n) {
      graph->nodes[kept] = std::move(graph->nodes[n]);
      (*ops)[kept] = std::move((*ops)[n]);
    }
    ++kept;
  }
  graph->nodes.resize(kept);
  ops->resize(kept);
}

}  // namespace mace
