// Chooses one way for each node: the cheapest path through the graph, conversions between layouts
// counted.
#ifndef MACE_PLAN_SELECT_H_
#define MACE_PLAN_SELECT_H_

#include <vector>

#include "mace/plan/candidates.h"

namespace mace {

// For each node the index of its way, or -1 for the CPU (where it has no way). A measured time goes
// before an estimate, and a way that needs a measurement is not chosen without one. REQUIRES: a
// node with ways has one that does not need it, or has it (FindCandidates sees to that).
std::vector<int> SelectWays(const Graph& graph, const std::vector<NodeCandidates>& candidates,
                            const DeviceInfo& device);

// What the way takes by itself, in milliseconds: as measured, or as estimated with what its
// launches cost on such a device; infinite where it must not be chosen.
double WayMs(const Lowering& way, const DeviceInfo& device);

}  // namespace mace

#endif  // MACE_PLAN_SELECT_H_
