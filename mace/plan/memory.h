// Places the regions of a plan in memory: buffers in one arena, or in a pool of buffers where that
// makes launches cheaper. Images go into the arena if the device can make images over buffers, else
// into a pool of images. Regions share memory if their lifetimes do not overlap.
//
// Thread contract: thread-compatible.
#ifndef MACE_PLAN_MEMORY_H_
#define MACE_PLAN_MEMORY_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "mace/plan/plan.h"

namespace mace {

// Where the device allows parts of a buffer to begin.
struct MemoryRules {
  size_t alignment_bytes = 64;  // The alignment of sub-buffers.
  // As in DeviceInfo; 0: no images over buffers.
  size_t image_pitch_texels = 0;
  size_t image_base_texels = 0;
  size_t max_arena_bytes = SIZE_MAX;  // The limit for arenas that hold images.
  // Memory that a plan may take beyond 1.3 times its live activations where it makes a run faster:
  // scratch, and buffers apart. For the devices that have plenty; a small network needs it most.
  size_t spare_bytes = 0;
  // Whether buffers are memory objects of their own instead of parts of the arena, if that takes at
  // most a quarter more, or spare_bytes. NVIDIA's driver looks at all parts of a buffer that overlap
  // the arguments of a launch: 100 tensors that use the same bytes in turn double what a launch
  // costs the host (11 us in place of 5.5 on an H200, driver 580; benchmarks/launch_benchmark.cc).
  bool separate_buffers = false;
};
MemoryRules MemoryRulesOf(const DeviceInfo& device, const PlanOptions& options);

// Sets the regions' offsets in the arena, arena_bytes and live_bytes. Images are placed in the
// arena if `rules` allow it and the padding of their rows does not cost more than a pool. A pool
// merges regions, and rewrites DeviceTensor::region and the scratch of launches. REQUIRES: steps, launches and tensors are
// complete, and each region has its own size.
void PlanMemory(Plan* plan, const MemoryRules& rules);

// The bytes of the largest buffer of activations: the arena, or one of the pool.
size_t LargestBufferBytes(const Plan& plan);

// Bytes of the packed weights on the device.
size_t WeightBytes(const PackedWeights& weights);

// Two packed weights with equal keys are the same on the device. The key is identity, elements and
// keep_float32; the identity is empty for weights that are not shared.
using WeightKey = std::tuple<std::string, size_t, bool>;
WeightKey WeightKeyOf(const Plan& plan, size_t index);

// The indices of the plan's weights, leaving out weights whose key an earlier one has.
std::vector<size_t> DistinctWeights(const Plan& plan);

// The device memory of a session of the plan, and the bound for it. A plan with a pool may
// exceed the bound, because its objects share no memory with the arena and grow to hold several
// shapes.
struct MemoryUse {
  size_t weight_bytes = 0;      // The packed weights.
  size_t activation_bytes = 0;  // The arena and the pool.
  size_t pool_bytes = 0;        // Only the pool.
  size_t live_bytes = 0;        // Plan::live_bytes.
  size_t spare_bytes = 0;       // Plan::spare_bytes.

  size_t peak_bytes() const { return weight_bytes + activation_bytes; }
  // Weights plus 1.3 times the activations that must be alive at once; the 0.3 are spare_bytes where
  // these are more.
  size_t bound_bytes() const {
    return weight_bytes + live_bytes + std::max(live_bytes * 3 / 10, spare_bytes);
  }
  bool keeps_bound() const { return peak_bytes() <= bound_bytes(); }
  // Why the bound is exceeded, for a report; "" if it is not.
  std::string WhyAboveBound() const;
};

MemoryUse MemoryUseOf(const Plan& plan);

}  // namespace mace

#endif  // MACE_PLAN_MEMORY_H_
