// The OpenCL devices of this machine.
#ifndef MACE_API_DEVICES_H_
#define MACE_API_DEVICES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "mace/api/compile_options.h"
#include "mace/base/status.h"

namespace mace {

struct Device {
  std::string name;
  std::string vendor;
  std::string platform;
  std::string platform_version;
  std::string version;  // OpenCL's, as the device says it.
  std::string driver;
  std::string type;  // "gpu", "cpu" or "accelerator".
  uint32_t compute_units = 0;
  uint32_t clock_mhz = 0;
  uint64_t memory_bytes = 0;
  uint64_t max_allocation_bytes = 0;
  uint64_t local_memory_bytes = 0;  // That one work-group can have.
  uint64_t max_work_group_size = 0;
  bool images = false;
  // Of a 2D image, in texels of four elements; 0 without images.
  uint64_t max_image_width = 0;
  uint64_t max_image_height = 0;
  bool half_images = false;
  bool half_arithmetic = false;
  bool host_unified_memory = false;  // The device and the host share one memory.
  bool is_default = false;           // What CompileOptions::device "gpu" means.
  // What CompileOptions::device takes as "uuid:..." and "pci:...", whatever the order in which
  // drivers list their devices; empty where the driver does not tell.
  std::string uuid;         // "8d7c2f10-0102-0304-0506-0708090a0b0c".
  std::string pci_address;  // "0000:01:00.0": domain, bus, device, function.
};

// Every device of every platform; the index in the list is the N of CompileOptions::device "gpu:N".
// Without a driver the list is empty. kFailedPrecondition in a child that was forked after OpenCL
// was used. Thread-safe. It may be the process's first OpenCL call: `environment` says what may be
// set in the environment of the process for it. Without one nothing is set.
StatusOr<std::vector<Device>> ListDevices();
StatusOr<std::vector<Device>> ListDevices(CompileOptions::Environment environment);

}  // namespace mace

#endif  // MACE_API_DEVICES_H_
