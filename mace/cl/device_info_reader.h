// Asks a driver for what the engine knows of a device.
//
// What the driver does not tell has a value with which the device can be used. kDeviceError or
// kDeviceLost, with the call, if a question fails because of the moment (device_queries.h).
// Thread contract: thread-safe.
#ifndef MACE_CL_DEVICE_INFO_READER_H_
#define MACE_CL_DEVICE_INFO_READER_H_

#include <CL/cl.h>

#include <string_view>

#include "mace/base/status.h"
#include "mace/kernel/device_info.h"

namespace mace {

// A part of the name of PoCL's platform.
constexpr std::string_view kPoclPlatform = "Portable Computing Language";

// Everything but half_images, which needs a context.
StatusOr<DeviceInfo> ReadDeviceInfo(cl_platform_id platform, cl_device_id device);

// Half images are core OpenCL but some drivers list no such format.
StatusOr<bool> HasHalfImages(cl_context context);

}  // namespace mace

#endif  // MACE_CL_DEVICE_INFO_READER_H_
