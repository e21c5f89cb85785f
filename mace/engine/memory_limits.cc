#include "mace/engine/memory_limits.h"

#include <algorithm>
#include <string>

#include "mace/base/system_memory.h"
#include "mace/plan/memory.h"

namespace mace {
namespace {

Status Refuse(const std::string& what, uint64_t needed, uint64_t in_use, uint64_t limit) {
  std::string text = what + ": the model needs " + std::to_string(needed) + " bytes";
  if (in_use > 0) text += " beside " + std::to_string(in_use) + " in use";
  return ResourceExhausted(text + ", the limit is " + std::to_string(limit));
}

}  // namespace

uint64_t HostMemoryLimit(uint64_t asked) { return asked > 0 ? asked : DefaultHostMemoryLimit(); }

uint64_t DeviceMemoryLimit(uint64_t asked, const DeviceInfo& device) {
  if (asked > 0) return asked;
  return device.global_memory_bytes > 0 ? device.global_memory_bytes : UINT64_MAX;
}

std::shared_ptr<MemoryBudget> HostMemoryBudget(uint64_t asked) {
  const std::shared_ptr<MemoryBudget>& current = ScopedMemoryBudget::Current();
  const bool smaller = current != nullptr && (asked == 0 || current->limit() <= asked);
  return smaller ? current : std::make_shared<MemoryBudget>(HostMemoryLimit(asked));
}

MemoryNeed MemoryNeedOf(const Plan& plan, const DeviceInfo* device) {
  MemoryNeed need;
  need.host = HostMemoryOf(plan);
  if (device == nullptr) return need;
  need.device = MemoryUseOf(plan).peak_bytes();
  need.device_is_host = device->is_host();
  return need;
}

MemoryNeed MemoryNeedOfIo(const Graph& graph) {
  MemoryNeed need;
  for (const IoInfo& io : graph.inputs) {
    need.host.inputs = SaturatingAdd(need.host.inputs, graph.value(io.value).info.bytes());
  }
  for (const IoInfo& io : graph.outputs) {
    need.host.outputs = SaturatingAdd(need.host.outputs, graph.value(io.value).info.bytes());
  }
  return need;
}

Status CheckHostMemory(const MemoryNeed& need, const MemoryBudget& budget, uint64_t asked) {
  const uint64_t needed = need.host_total();
  std::string what = "host memory (" + need.host.Describe();
  if (need.device_is_host) what += ", on the device " + std::to_string(need.device);
  what += ")";
  const uint64_t in_use = budget.used();
  if (SaturatingAdd(needed, in_use) > budget.limit()) {
    return Refuse(what, needed, in_use, budget.limit());
  }
  // The limit leaves a sixteenth of the memory to what is not counted. So little is not worth a
  // second look at the system, which takes longer than to plan a small model.
  if (asked > 0 || needed <= budget.limit() / 16) return Status();
  const uint64_t now = DefaultHostMemoryLimit();
  return needed > now ? Refuse(what, needed, 0, now) : Status();
}

Status CheckDeviceMemory(const MemoryNeed& need, uint64_t in_use, uint64_t limit) {
  if (SaturatingAdd(need.device, in_use) <= limit) return Status();
  return Refuse("device memory", need.device, in_use, limit);
}

Status CheckMemory(const MemoryNeed& need, const CompileOptions::Limits& limits,
                   const DeviceInfo* device, uint64_t in_use) {
  MACE_RETURN_IF_ERROR(
      CheckHostMemory(need, *HostMemoryBudget(limits.host_bytes), limits.host_bytes));
  if (device == nullptr) return Status();
  return CheckDeviceMemory(need, in_use, DeviceMemoryLimit(limits.device_bytes, *device));
}

}  // namespace mace
