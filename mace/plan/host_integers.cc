#include "mace/plan/host_integers.h"

#include <algorithm>

namespace mace {

HostIntegers::HostIntegers(const Graph& graph, bool wide)
    : graph_(graph), wide_(wide), fit_(graph.values.size(), true) {}

// Whether the node reads or makes an int64 that no kernel may hold.
bool HostIntegers::HasWide(const Node& node) const {
  const auto is_wide = [&](ValueId id) {
    return id != kNoValue && !graph_.IsConstant(id) && graph_.value(id).info.dtype == DType::kInt64;
  };
  return wide_ && (std::any_of(node.inputs.begin(), node.inputs.end(), is_wide) ||
                   std::any_of(node.outputs.begin(), node.outputs.end(), is_wide));
}

bool HostIntegers::Allows(const Node& node, const KernelVariant& variant) const {
  if (HasWide(node)) return false;
  if (variant.integers == Integers::kAny) return true;
  return std::all_of(node.inputs.begin(), node.inputs.end(),
                     [&](ValueId id) { return id == kNoValue || fit_[static_cast<size_t>(id)]; });
}

void HostIntegers::Place(const Node& node, bool on_device) {
  for (ValueId id : node.outputs) {
    if (id == kNoValue) continue;
    fit_[static_cast<size_t>(id)] = on_device || graph_.value(id).info.dtype != DType::kInt64;
  }
}

}  // namespace mace
