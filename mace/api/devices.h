// The OpenCL devices of this machine.
#ifndef MACE_API_DEVICES_H_
#define MACE_API_DEVICES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "mace/api/compile_options.h"
#include "mace/base/status.h"

namespace mace {

// Describes a device as its OpenCL driver reports it. Plain data, thread-compatible.
struct Device {
  std::string name;
  std::string vendor;
  std::string platform;          // The name of the OpenCL platform.
  std::string platform_version;  // The OpenCL version of the platform, as the driver reports it.
  std::string version;           // The OpenCL version of the device, as the driver reports it.
  std::string driver;            // The version of the driver.
  std::string type;              // "gpu", "cpu" or "accelerator".
  uint32_t compute_units = 0;
  uint32_t clock_mhz = 0;             // The highest clock frequency, in MHz.
  uint64_t memory_bytes = 0;          // The global memory of the device.
  uint64_t max_allocation_bytes = 0;  // The largest size of one buffer.
  uint64_t local_memory_bytes = 0;    // The local memory of one work-group.
  uint64_t max_work_group_size = 0;   // In work-items.
  bool images = false;                // The device has OpenCL images.
  // The largest width and height of a 2D image, in texels of four elements; 0 without images.
  uint64_t max_image_width = 0;
  uint64_t max_image_height = 0;
  bool half_images = false;          // The device reads and writes images of float16.
  bool half_arithmetic = false;      // The device computes in float16.
  bool host_unified_memory = false;  // The device and the host share one memory.
  bool is_default = false;           // CompileOptions::device "gpu" means this device.
  // The addresses of the device for CompileOptions::device "uuid:..." and "pci:...". They do not
  // depend on the order in which drivers list their devices. Empty if the driver does not report
  // them.
  std::string uuid;         // "8d7c2f10-0102-0304-0506-0708090a0b0c".
  std::string pci_address;  // "0000:01:00.0": domain, bus, device, function.
};

// Lists every device of every platform. The index in the list is the N of CompileOptions::device
// "gpu:N". Without a driver the list is empty. kFailedPrecondition in a child that was forked after
// OpenCL was used. If this is the process's first OpenCL call, `environment` says whether it may
// set variables in the environment of the process. The function without this parameter sets none.
// Thread contract: thread-safe.
StatusOr<std::vector<Device>> ListDevices();
StatusOr<std::vector<Device>> ListDevices(CompileOptions::Environment environment);

}  // namespace mace

#endif  // MACE_API_DEVICES_H_
