// A kernel cannot report an index that lies outside of an axis. The host therefore checks indices
// before each node that chooses by indices on a device.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PLAN_CHECK_INDICES_H_
#define MACE_PLAN_CHECK_INDICES_H_

#include "mace/base/status.h"
#include "mace/graph/graph.h"

namespace mace {

// Inserts a NormalizeIndices before each Gather and GatherElements with computed indices, unless
// the node that computes them can only give valid indices. REQUIRES: every shape is known.
Status CheckIndices(Graph* graph);

}  // namespace mace

#endif  // MACE_PLAN_CHECK_INDICES_H_
