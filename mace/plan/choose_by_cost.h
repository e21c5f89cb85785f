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

// The time of the variant by itself in milliseconds: the measured one, or else the estimate with
// the cost of its launches on such a device; infinite where the variant must not be chosen.
double VariantMs(const KernelVariant& variant, const DeviceInfo& device);

}  // namespace mace

#endif  // MACE_PLAN_CHOOSE_BY_COST_H_
