// The memory limits of a compiled model, and the memory that a plan needs. They are compared before
// any of it is allocated.
//
// Thread contract: thread-safe.
#ifndef MACE_ENGINE_MEMORY_LIMITS_H_
#define MACE_ENGINE_MEMORY_LIMITS_H_

#include <cstdint>
#include <memory>

#include "mace/base/memory_budget.h"
#include "mace/base/status.h"
#include "mace/kernel/device_info.h"
#include "mace/plan/host_lifetimes.h"
#include "mace/plan/plan.h"

namespace mace {

// `asked`, in bytes; 0: what the system has available now (mace/base/system_memory.h).
uint64_t HostMemoryLimit(uint64_t asked);

// `asked`, in bytes; 0: the memory that the driver says the device has, or UINT64_MAX where the
// driver does not say it.
uint64_t DeviceMemoryLimit(uint64_t asked, const DeviceInfo& device);

// The budget that host tensors of this thread are counted in: the one that it has already, where
// that is no larger than HostMemoryLimit(asked), else a new one of that size.
std::shared_ptr<MemoryBudget> HostMemoryBudget(uint64_t asked);

// The memory that a plan needs, in bytes.
struct MemoryNeed {
  HostMemoryUse host;
  uint64_t device = 0;          // Packed weights, the arena of activations, images.
  bool device_is_host = false;  // The device computes in the host's memory.

  uint64_t host_total() const { return SaturatingAdd(host.total(), device_is_host ? device : 0); }
};
// `device` null: the plan runs on the CPU.
MemoryNeed MemoryNeedOf(const Plan& plan, const DeviceInfo* device);
// The need of the graph's inputs and outputs, which every plan has.
MemoryNeed MemoryNeedOfIo(const Graph& graph);

// kResourceExhausted names what is needed and the limit. Where no limit was asked for (`asked` is
// 0), memory that others have taken since the budget was made is no longer counted upon.
Status CheckHostMemory(const MemoryNeed& need, const MemoryBudget& budget, uint64_t asked);
// `in_use`: the bytes of the device that the engine has taken already.
Status CheckDeviceMemory(const MemoryNeed& need, uint64_t in_use, uint64_t limit);

}  // namespace mace

#endif  // MACE_ENGINE_MEMORY_LIMITS_H_
