// The memory limits of a compiled model, and the memory that a plan needs. They are compared before
// any of it is allocated.
//
// Thread contract: thread-safe.
#ifndef MACE_ENGINE_MEMORY_LIMITS_H_
#define MACE_ENGINE_MEMORY_LIMITS_H_

#include <cstdint>
#include <memory>

#include "mace/api/compile_options.h"
#include "mace/base/memory_budget.h"
#include "mace/base/status.h"
#include "mace/kernel/device_info.h"
#include "mace/plan/host_lifetimes.h"
#include "mace/plan/plan.h"

namespace mace {

// The limit for host memory, in bytes: `asked`, or, if `asked` is 0, DefaultHostMemoryLimit() of
// this moment (mace/base/system_memory.h).
uint64_t HostMemoryLimit(uint64_t asked);

// The limit for device memory, in bytes: `asked`, or, if `asked` is 0, the memory that the driver
// reports for the device. UINT64_MAX if the driver reports none.
uint64_t DeviceMemoryLimit(uint64_t asked, const DeviceInfo& device);

// The budget that counts the host tensors of this thread. The thread's present budget is kept if
// `asked` is 0 or at least the limit of that budget. Otherwise the result is a new budget with the
// limit HostMemoryLimit(asked).
std::shared_ptr<MemoryBudget> HostMemoryBudget(uint64_t asked);

// The memory that a plan needs, in bytes.
struct MemoryNeed {
  HostMemoryUse host;
  uint64_t device = 0;          // For packed weights, the arena of activations, and images.
  bool device_is_host = false;  // The device computes in the host's memory.

  uint64_t host_total() const { return SaturatingAdd(host.total(), device_is_host ? device : 0); }
};
// `device` is null if the plan runs on the CPU.
MemoryNeed MemoryNeedOf(const Plan& plan, const DeviceInfo* device);
// The memory that the graph's inputs and outputs need on the host, whatever the plan is.
MemoryNeed MemoryNeedOfIo(const Graph& graph);

// kResourceExhausted, with the need and the limit, if the budget has no room for the need. If no
// limit was asked for (`asked` is 0), the need is also compared with the memory that the system has
// available now, because others may have taken memory since the budget was made.
Status CheckHostMemory(const MemoryNeed& need, const MemoryBudget& budget, uint64_t asked);
// kResourceExhausted, with the need and the limit, if the need and `in_use` exceed `limit`. All
// three are in bytes; `in_use` is the device memory that the compiled model has taken already.
Status CheckDeviceMemory(const MemoryNeed& need, uint64_t in_use, uint64_t limit);

// Both checks with an app's limits. `device` is null if the plan runs on the CPU; then `in_use`, the
// device memory that the compiled model has taken already, is not looked at.
Status CheckMemory(const MemoryNeed& need, const CompileOptions::Limits& limits,
                   const DeviceInfo* device, uint64_t in_use);

}  // namespace mace

#endif  // MACE_ENGINE_MEMORY_LIMITS_H_
