// The C API: devices.
#include "mace/engine/c_api.h"

using namespace mace::c_api;  // NOLINT: the definitions below are C's, without a namespace.

namespace {

mace_device DeviceOf(const mace::Device& device) {
  mace_device full = {};
  full.name = device.name.c_str();
  full.vendor = device.vendor.c_str();
  full.platform = device.platform.c_str();
  full.version = device.version.c_str();
  full.driver = device.driver.c_str();
  full.type = device.type.c_str();
  full.compute_units = device.compute_units;
  full.clock_mhz = device.clock_mhz;
  full.memory_bytes = device.memory_bytes;
  full.max_allocation_bytes = device.max_allocation_bytes;
  full.images = device.images;
  full.half_images = device.half_images;
  full.half_arithmetic = device.half_arithmetic;
  full.uuid = device.uuid.c_str();
  full.pci_address = device.pci_address.c_str();
  return full;
}

}  // namespace

mace_status_code mace_list_devices(mace_device_list** devices) {
  return Guard([&]() -> mace::Status {
    MACE_RETURN_IF_ERROR(CheckPresent({{"devices", devices}}));
    *devices = nullptr;
    MACE_ASSIGN_OR_RETURN(std::vector<mace::Device> found, mace::ListDevices());
    *devices = new mace_device_list{std::move(found)};
    return mace::Status();
  });
}

size_t mace_device_list_count(const mace_device_list* devices) {
  return devices == nullptr ? 0 : devices->devices.size();
}

mace_status_code mace_device_list_get(const mace_device_list* devices, size_t index,
                                      mace_device* device) {
  return Guard([&]() -> mace::Status {
    MACE_RETURN_IF_ERROR(CheckPresent({{"devices", devices}, {"device", device}}));
    if (index >= devices->devices.size()) {
      return mace::NotFound("index: expected one below " + std::to_string(devices->devices.size()) +
                            ", found " + std::to_string(index));
    }
    const mace_device full = DeviceOf(devices->devices[index]);
    return WriteStruct("device", full, sizeof(full.struct_size), device);
  });
}

void mace_device_list_free(mace_device_list* devices) { delete devices; }
