// Queries the driver about devices.
//
// Errors: an empty text for a query that the driver does not answer. Thread contract: thread-safe.
#ifndef MACE_OPENCL_LAYER_DEVICE_IDENTITY_H_
#define MACE_OPENCL_LAYER_DEVICE_IDENTITY_H_

#include <CL/cl_icd.h>

#include "mace/base/device_identity.h"

namespace mace {

DeviceIdentity ReadDeviceIdentity(cl_device_id device);

// The only device of a context; null if it has several or a sub-device.
cl_device_id OnlyDevice(cl_context context);

}  // namespace mace

#endif  // MACE_OPENCL_LAYER_DEVICE_IDENTITY_H_
