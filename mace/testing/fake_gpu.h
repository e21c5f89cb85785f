// A device to plan for where none is: tests of choices and launches.
#ifndef MACE_TESTING_FAKE_GPU_H_
#define MACE_TESTING_FAKE_GPU_H_

#include "mace/kernel/device_info.h"

namespace mace {

// An H100 as NVIDIA's driver describes it, without images.
inline DeviceInfo FakeH100() {
  DeviceInfo device;
  device.vendor = DeviceVendor::kNvidia;
  device.compute_capability = 90;
  device.compute_units = 132;
  device.clock_mhz = 1980;
  device.local_memory_bytes = 48 * 1024;
  device.max_work_group_size = 1024;
  for (size_t& size : device.max_work_item_sizes) size = 1024;
  return device;
}

}  // namespace mace

#endif  // MACE_TESTING_FAKE_GPU_H_
