#include "mace/cl/machine_code.h"

#include <CL/cl.h>

#include "mace/cl/nvidia/cubin.h"

namespace mace {

StatusOr<std::string> AssembleCubin(const std::string& ptx, const ClDevice& device) {
  if (device.info().vendor != DeviceVendor::kNvidia) {
    return Unsupported("device '" + device.info().name + "' is not NVIDIA's");
  }
  DeviceUuid uuid = {};
  const bool known =
      clGetDeviceInfo(device.id(), kClDeviceUuid, sizeof(uuid), uuid.data(), nullptr) == CL_SUCCESS;
  return AssembleCubin(ptx, known ? std::optional<DeviceUuid>(uuid) : std::nullopt);
}

}  // namespace mace
