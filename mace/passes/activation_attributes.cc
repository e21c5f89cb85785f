#include "mace/passes/activation_attributes.h"

#include "mace/ops/elementwise/fused_activation.h"

namespace mace {

bool HasActivation(const Node& node) {
  const auto activation = FusedActivation::Parse(node.attributes);
  return !activation.ok() || activation->kind != FusedActivation::Kind::kNone;
}

void MoveActivation(const Node& from, Node* to) {
  for (const char* name : {"activation", "max_limit", "activation_coefficient", "hardsigmoid_alpha",
                           "hardsigmoid_beta"}) {
    to->attributes.Erase(name);
    const auto found = from.attributes.values().find(name);
    if (found != from.attributes.values().end()) to->attributes.Set(name, found->second);
  }
}

}  // namespace mace
