// Lays the logical regions of a plan into memory: one arena of buffers, and of images where the
// device has images over buffers, else a pool of images; both are shared by regions whose lifetimes
// do not meet.
//
// Thread contract: thread-compatible.
#ifndef MACE_PLAN_MEMORY_H_
#define MACE_PLAN_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "mace/plan/plan.h"

namespace mace {

// Where a device lets parts of a buffer begin.
struct MemoryRules {
  size_t alignment_bytes = 64;  // Where sub-buffers may begin.
  // As in DeviceInfo; 0: no images over buffers.
  size_t image_pitch_texels = 0;
  size_t image_base_texels = 0;
  size_t max_arena_bytes = SIZE_MAX;  // A bound for arenas that hold images.
};
MemoryRules MemoryRulesOf(const DeviceInfo& device);

// Sets offsets of the regions in the arena, and arena_bytes and live_bytes. Images lie in the arena
// where the rules let them and the rows' padding does not cost more than a pool; a pool merges
// regions (the `region` of tensors is rewritten). REQUIRES: steps, launches and tensors are
// complete, each region with its own size.
void PlanMemory(Plan* plan, const MemoryRules& rules);

// Bytes of the packed weights as they lie on the device.
size_t WeightBytes(const PackedWeights& weights);

// What tells apart two packed weights on the device: identity, elements, keep_float32. The identity
// is empty where the weights are shared with no others.
using WeightKey = std::tuple<std::string, size_t, bool>;
WeightKey WeightKeyOf(const Plan& plan, size_t index);

// The weights of the plan, as indices, without those whose key another weight before them has: each
// lies on the device once.
std::vector<size_t> DistinctWeights(const Plan& plan);

// What a session of the plan takes of the device's memory, and the bound that plans keep to. Plans
// with a pool of images may pass the bound: such images share no memory with buffers, and grow
// where shapes differ.
struct MemoryUse {
  size_t weight_bytes = 0;      // Packed.
  size_t activation_bytes = 0;  // The arena and the images of the pool.
  size_t pool_bytes = 0;        // The images of the pool alone.
  size_t live_bytes = 0;        // Plan::live_bytes.

  size_t peak_bytes() const { return weight_bytes + activation_bytes; }
  // Weights and 1.3 times what must be alive at once.
  size_t bound_bytes() const { return weight_bytes + live_bytes + live_bytes * 3 / 10; }
  bool keeps_bound() const { return peak_bytes() <= bound_bytes(); }
  // Why the bound is not kept, for the line that reports it; "" where it is.
  std::string WhyAboveBound() const;
};

MemoryUse MemoryUseOf(const Plan& plan);

}  // namespace mace

#endif  // MACE_PLAN_MEMORY_H_
