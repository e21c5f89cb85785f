// The variants of each node on a device: those of its op, without those that a limit of the device
// or of the plan forbids. They are plain data, and no device is needed.
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
  // Variants that a tuner measured have measured_ms.
  std::vector<KernelVariant> variants;
  // Why there is no variant, or none in the preferred storage; empty otherwise.
  std::string why;
};

struct GraphVariants {
  // The device, with the roofline limits that estimates use; none: everything runs on the CPU.
  std::optional<DeviceInfo> device;
  std::vector<NodeVariants> nodes;  // One for each node of the graph.
};

// `device` null: the CPU only. kInvalidArgument if the options are for another number of nodes.
// REQUIRES: every shape of the graph is known.
StatusOr<GraphVariants> FindVariants(const BoundGraph& bound, const DeviceInfo* device,
                                     const PlanOptions& options);

// The variants of one node. `options` has the precision and the scratch limit of this node. Integer
// inputs are not limited by how other nodes make them. REQUIRES: every shape of the graph is known.
NodeVariants FindVariants(const Graph& graph, const Node& node, const Op& op,
                          const DeviceInfo& device, const PlanOptions& options);

// Whether the variant may be chosen. A variant that needs a measurement must have one.
inline bool MayBeChosen(const KernelVariant& variant) {
  return !variant.needs_measurement || variant.measured_ms >= 0;
}
bool AnyMayBeChosen(const NodeVariants& offered);

}  // namespace mace

#endif  // MACE_PLAN_VARIANTS_H_
