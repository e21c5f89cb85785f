// The variants that each node could run as on a device, found once: the variants of its op,
// without those that a limit of the device or of the plan forbids. They are plain data, and no
// device is needed.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PLAN_VARIANTS_H_
#define MACE_PLAN_VARIANTS_H_

#include <optional>
#include <string>
#include <vector>

#include "mace/plan/bound_graph.h"
#include "mace/plan/plan_options.h"

namespace mace {

struct NodeVariants {
  // A variant has measured_ms where a tuner measured it.
  std::vector<KernelVariant> variants;
  // Why there is none, or why the preferred storage is not among them; empty otherwise.
  std::string why;
};

struct GraphVariants {
  // The device, with the peaks that estimates use; none: everything runs on the CPU.
  std::optional<DeviceInfo> device;
  std::vector<NodeVariants> nodes;  // One for each node of the graph.
};

// `device` null: the CPU alone. kInvalidArgument where the options are for another number of nodes.
// REQUIRES: every shape of the graph is known.
StatusOr<GraphVariants> FindVariants(const BoundGraph& bound, const DeviceInfo* device,
                                     const PlanOptions& options);

// The variants of one node; `options` has the precision and the most scratch of this node. What
// other nodes demand of its integers is not seen. REQUIRES: every shape of the graph is known.
NodeVariants FindVariants(const Graph& graph, const Node& node, const Op& op,
                          const DeviceInfo& device, const PlanOptions& options);

// Whether the variant may be chosen: one that needs a measurement has it.
inline bool MayBeChosen(const KernelVariant& variant) {
  return !variant.needs_measurement || variant.measured_ms >= 0;
}
bool AnyMayBeChosen(const NodeVariants& offered);

}  // namespace mace

#endif  // MACE_PLAN_VARIANTS_H_
