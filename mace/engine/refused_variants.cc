#include "mace/engine/refused_variants.h"

#include <string>

#include "mace/base/log.h"
#include "mace/execute/session.h"
#include "mace/plan/signature.h"
#include "mace/plan/variants.h"
#include "mace/tune/excluded_records.h"

namespace mace {

bool ExcludeRefusedVariants(const Plan& plan, Runtime* runtime) {
  const std::vector<size_t> nodes = Session::RefusedNodes(plan, *runtime->compiler());
  if (nodes.empty()) return false;
  const DeviceInfo& device = runtime->device_info();
  const StatusOr<GraphVariants> variants = FindVariants(plan.bound, &device, plan.options);
  if (!variants.ok()) return false;
  const TuningRecords records(*runtime->compiler());
  bool has_excluded = false;
  for (const size_t node : nodes) {
    for (const KernelVariant& variant : variants->nodes[node].variants) {
      if (VariantId(variant) != plan.placements[node].variant_id) continue;
      const std::string kind = VariantKind(variant);
      if (FindExcludedVariants(records).kinds().count(kind) > 0) continue;
      Log(LogLevel::kWarning, "device '" + device.name + "', driver " + device.driver_version +
                                  ": " + kind + " crashed or was refused: not used");
      has_excluded |= AddExclusion({kind, "crashed or was refused"}, records).ok();
    }
  }
  return has_excluded;
}

}  // namespace mace
