// A batch in slices. On a device that computes from its caches, a plan for a part of the batch, run
// several times, is faster than a plan for the whole batch, whose activations leave the caches
// between one layer and the next. The smaller plan takes less memory too.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PASSES_DEVICE_BATCH_SLICES_H_
#define MACE_PASSES_DEVICE_BATCH_SLICES_H_

#include <cstdint>

#include "mace/graph/graph.h"
#include "mace/kernel/device_info.h"

namespace mace {

// The extent of axis 0 of the graph's inputs where entry n of every output is made of entry n of
// all inputs (Op::SplitsAlongBatch of every node in between); 0 where it is not, or where the ops
// do not say so. REQUIRES: every shape of the graph is known.
int64_t SeparableBatch(const Graph& graph);

// The number of runs, each on an equal slice of axis 0, in which the graph's batch is best computed
// on the device: a divisor of SeparableBatch; 1: the batch stays whole. REQUIRES: every shape of
// the graph is known.
int64_t ChooseBatchSlices(const Graph& graph, const DeviceInfo& device);

}  // namespace mace

#endif  // MACE_PASSES_DEVICE_BATCH_SLICES_H_
