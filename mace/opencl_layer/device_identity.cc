#include "mace/opencl_layer/device_identity.h"

#include <algorithm>

#include "mace/opencl_layer/objects.h"

namespace mace {
namespace {

std::string DeviceText(cl_device_id device, cl_device_info what) {
  char text[1024] = "";
  size_t size = 0;
  if (Driver().clGetDeviceInfo(device, what, sizeof(text), text, &size) != CL_SUCCESS) return "";
  return std::string(text, std::min(size == 0 ? 0 : size - 1, sizeof(text)));
}

std::string PlatformText(cl_platform_id platform, cl_platform_info what) {
  char text[1024] = "";
  size_t size = 0;
  if (Driver().clGetPlatformInfo(platform, what, sizeof(text), text, &size) != CL_SUCCESS) {
    return "";
  }
  return std::string(text, std::min(size == 0 ? 0 : size - 1, sizeof(text)));
}

}  // namespace

DeviceIdentity ReadDeviceIdentity(cl_device_id device) {
  cl_platform_id platform = nullptr;
  Driver().clGetDeviceInfo(device, CL_DEVICE_PLATFORM, sizeof(platform), &platform, nullptr);
  DeviceIdentity entry;
  entry.name = DeviceText(device, CL_DEVICE_NAME);
  entry.vendor_name = DeviceText(device, CL_DEVICE_VENDOR);
  entry.device_version = DeviceText(device, CL_DEVICE_VERSION);
  entry.driver_version = DeviceText(device, CL_DRIVER_VERSION);
  if (platform != nullptr) {
    entry.platform_name = PlatformText(platform, CL_PLATFORM_NAME);
    entry.platform_version = PlatformText(platform, CL_PLATFORM_VERSION);
  }
  return entry;
}

cl_device_id OnlyDevice(cl_context context) {
  cl_device_id devices[2] = {nullptr, nullptr};
  size_t size = 0;
  // With more than two devices the query fails.
  if (Driver().clGetContextInfo(context, CL_CONTEXT_DEVICES, sizeof(devices), devices, &size) !=
          CL_SUCCESS ||
      size != sizeof(cl_device_id)) {
    return nullptr;
  }
  cl_device_id parent = nullptr;
  // Drivers of OpenCL 1.1 do not know this query and have no sub-devices.
  if (Driver().clGetDeviceInfo(devices[0], CL_DEVICE_PARENT_DEVICE, sizeof(parent), &parent,
                               nullptr) == CL_SUCCESS &&
      parent != nullptr) {
    return nullptr;
  }
  return devices[0];
}

}  // namespace mace
