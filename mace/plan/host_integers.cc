#include "mace/plan/host_integers.h"

#include <algorithm>

namespace mace {

HostIntegers::HostIntegers(const Graph& graph) : graph_(graph), fit_(graph.values.size(), true) {}

bool HostIntegers::Allows(const Node& node, const KernelVariant& variant) const {
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
