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

// As it lies on the device.
size_t WeightBytes(const PackedWeights& weights);

// What a session of the plan takes of the device's memory, and the bound that plans without images
// keep to (images share no memory with buffers, and grow where shapes differ).
struct MemoryUse {
  size_t weight_bytes = 0;      // Packed.
  size_t activation_bytes = 0;  // The arena and the images of the pool.
  size_t live_bytes = 0;        // Plan::live_bytes.

  size_t peak_bytes() const { return weight_bytes + activation_bytes; }
  // Weights and 1.3 times what must be alive at once.
  size_t bound_bytes() const { return weight_bytes + live_bytes + live_bytes * 3 / 10; }
};

MemoryUse MemoryUseOf(const Plan& plan);

}  // namespace mace

#endif  // MACE_PLAN_MEMORY_H_
