// Questions of the layer to the driver about devices.
//
// Errors: what a driver does not say is an empty text. Thread contract: thread-safe.
#ifndef MACE_LAYER_DEVICE_ENTRY_H_
#define MACE_LAYER_DEVICE_ENTRY_H_

#include <CL/cl_icd.h>

#include "mace/cache/format.h"

namespace mace {

DeviceEntry ReadDeviceEntry(cl_device_id device);

// The one device of a context; null where it has several, or a part of one.
cl_device_id OnlyDevice(cl_context context);

}  // namespace mace

#endif  // MACE_LAYER_DEVICE_ENTRY_H_
