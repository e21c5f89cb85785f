// Questions of the layer to the driver about devices.
//
// Errors: what a driver does not say is an empty text. Thread contract: thread-safe.
#ifndef MACE_OPENCL_LAYER_DEVICE_IDENTITY_H_
#define MACE_OPENCL_LAYER_DEVICE_IDENTITY_H_

#include <CL/cl_icd.h>

#include "mace/base/device_identity.h"

namespace mace {

DeviceIdentity ReadDeviceIdentity(cl_device_id device);

// The one device of a context; null where it has several, or a part of one.
cl_device_id OnlyDevice(cl_context context);

}  // namespace mace

#endif  // MACE_OPENCL_LAYER_DEVICE_IDENTITY_H_
