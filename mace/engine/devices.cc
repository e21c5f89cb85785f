#include "mace/api/devices.h"

#include "mace/base/catch_exhaustion.h"
#include "mace/cl/device.h"

namespace mace {
namespace {

Device DeviceOf(const ClDeviceEntry& entry) {
  const DeviceInfo& info = entry.info;
  Device device;
  device.name = info.name;
  device.vendor = info.vendor_name;
  device.platform = info.platform_name;
  device.version = info.device_version;
  device.driver = info.driver_version;
  device.type = info.kind == DeviceKind::kGpu   ? "gpu"
                : info.kind == DeviceKind::kCpu ? "cpu"
                                                : "accelerator";
  device.compute_units = info.compute_units;
  device.clock_mhz = info.clock_mhz;
  device.memory_bytes = info.global_memory_bytes;
  device.max_allocation_bytes = info.max_allocation_bytes;
  device.images = info.images;
  device.half_images = info.images && info.half_images;
  device.half_arithmetic = info.fp16_arithmetic;
  device.uuid = entry.uuid;
  device.pci_address = entry.pci_address;
  return device;
}

}  // namespace

StatusOr<std::vector<Device>> ListDevices() {
  return CatchExhaustion([]() -> StatusOr<std::vector<Device>> {
    OpenClNeeds needs;
    needs.environment = EnvironmentUse::kNever;
    MACE_ASSIGN_OR_RETURN(const std::vector<ClDeviceEntry> entries, ListClDevices(needs));
    std::vector<Device> devices;
    for (const ClDeviceEntry& entry : entries) devices.push_back(DeviceOf(entry));
    return devices;
  });
}

}  // namespace mace
