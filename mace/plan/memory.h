// Lays the logical regions of a plan into memory: one arena of buffers, and a pool of images, both
// shared by regions whose lifetimes do not meet.
#ifndef MACE_PLAN_MEMORY_H_
#define MACE_PLAN_MEMORY_H_

#include <cstddef>

#include "mace/plan/plan.h"

namespace mace {

// Sets offsets of buffer regions, merges image regions into a pool (the `region` of tensors is
// rewritten), and sets arena_bytes and live_bytes. REQUIRES: steps, launches and tensors are
// complete, each region with its own size. `alignment_bytes` is that of sub-buffers on the device.
void PlanMemory(Plan* plan, size_t alignment_bytes);

}  // namespace mace

#endif  // MACE_PLAN_MEMORY_H_
