// Chooses one variant for each node: the cheapest path through the graph, conversions between
// layouts counted.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PLAN_CHOOSE_BY_COST_H_
#define MACE_PLAN_CHOOSE_BY_COST_H_

#include "mace/plan/choice.h"

namespace mace {

// The CPU where a node has no variant that may be chosen. A measured time goes before an estimate,
// and a variant that needs a measurement is not chosen without one.
Choice ChooseByCost(const Graph& graph, const GraphVariants& variants);

// What the variant takes by itself, in milliseconds: as measured, or as estimated with what its
// launches cost on such a device; infinite where it must not be chosen.
double VariantMs(const Lowering& variant, const DeviceInfo& device);

}  // namespace mace

#endif  // MACE_PLAN_CHOOSE_BY_COST_H_
