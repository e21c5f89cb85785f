// Chooses one variant for each node: the cheapest path through the graph, including conversions
// between layouts.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PLAN_CHOOSE_BY_COST_H_
#define MACE_PLAN_CHOOSE_BY_COST_H_

#include "mace/plan/choice.h"

namespace mace {

// Chooses the CPU for a node without a variant that may be chosen. A measured time replaces an
// estimate. A variant that needs a measurement is not chosen without one.
Choice ChooseByCost(const Graph& graph, const GraphVariants& variants);

// The variant's own time in milliseconds: the measured one, else the estimate plus the cost of its
// launches on the device. Infinite if the variant must not be chosen.
double VariantMs(const KernelVariant& variant, const DeviceInfo& device);

}  // namespace mace

#endif  // MACE_PLAN_CHOOSE_BY_COST_H_
