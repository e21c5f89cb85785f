#include "mace/plan/host_integers.h"

#include <algorithm>

namespace mace {

HostIntegers::HostIntegers(const Graph& graph, bool inputs_fit)
    : graph_(graph), fit_(graph.values.size(), false) {
  for (const IoInfo& input : graph.inputs) fit_[static_cast<size_t>(input.value)] = inputs_fit;
}

bool HostIntegers::Allows(const Node& node, const KernelVariant& variant) const {
  if (variant.integers == Integers::kAny) return true;
  return std::none_of(node.inputs.begin(), node.inputs.end(), [&](ValueId id) {
    return id != kNoValue && !graph_.IsConstant(id) && !fit_[static_cast<size_t>(id)] &&
           DeviceElementOf(graph_.value(id).info.dtype) == DeviceElement::kInteger;
  });
}

void HostIntegers::Place(const Node& node, bool on_device) {
  for (ValueId id : node.outputs) fit_[static_cast<size_t>(id)] = on_device;
}

}  // namespace mace
