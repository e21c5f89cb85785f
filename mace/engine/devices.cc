#include "mace/api/devices.h"

#include "mace/base/catch_exhaustion.h"
#include "mace/cl/device.h"
#include "mace/engine/runtime.h"

namespace mace {
namespace {

Device DeviceOf(const ClDeviceEntry& entry) {
  const DeviceInfo& info = entry.info;
  Device device;
  device.name = info.name;
  device.vendor = info.vendor_name;
  device.platform = info.platform_name;
  device.platform_version = info.platform_version;
  device.version = info.device_version;
  device.driver = info.driver_version;
  device.type = info.kind == DeviceKind::kGpu   ? "gpu"
                : info.kind == DeviceKind::kCpu ? "cpu"
                                                : "accelerator";
  device.compute_units = info.compute_units;
  device.clock_mhz = info.clock_mhz;
  device.memory_bytes = info.global_memory_bytes;
  device.max_allocation_bytes = info.max_allocation_bytes;
  device.local_memory_bytes = info.local_memory_bytes;
  device.max_work_group_size = info.max_work_group_size;
  device.images = info.images;
  device.max_image_width = info.image2d_max_width;
  device.max_image_height = info.image2d_max_height;
  device.half_images = info.images && info.half_images;
  device.half_arithmetic = info.fp16_arithmetic;
  device.host_unified_memory = info.host_unified_memory;
  device.uuid = entry.uuid;
  device.pci_address = entry.pci_address;
  return device;
}

}  // namespace

StatusOr<std::vector<Device>> ListDevices() {
  return ListDevices(CompileOptions::Environment::kNever);
}

StatusOr<std::vector<Device>> ListDevices(CompileOptions::Environment environment) {
  return CatchExhaustion([&]() -> StatusOr<std::vector<Device>> {
    OpenClNeeds needs;
    needs.environment = EnvironmentUseOf(environment);
    MACE_ASSIGN_OR_RETURN(const std::vector<ClDeviceEntry> entries, ListClDevices(needs));
    std::vector<Device> devices;
    for (const ClDeviceEntry& entry : entries) devices.push_back(DeviceOf(entry));
    const StatusOr<size_t> best = ChooseDevice(entries, "gpu");
    if (best.ok()) devices[*best].is_default = true;
    return devices;
  });
}

}  // namespace mace
