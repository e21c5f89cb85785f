// Elements on their way between host and device, where they lie otherwise (DeviceType of layout.h):
// bools become floats, int64 become int32.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_EXECUTE_DEVICE_ELEMENTS_H_
#define MACE_EXECUTE_DEVICE_ELEMENTS_H_

#include "mace/base/span.h"
#include "mace/graph/tensor.h"

namespace mace {

// Whether the bytes of both are the same.
bool LiesAsOnDevice(DType dtype);

// Four bytes an element into `device`; an int64 that an int32 does not hold becomes the nearest
// that it does. REQUIRES: not LiesAsOnDevice, and as many elements.
void ToDeviceElements(const HostTensor& host, MutableBytes device);

// The way back.
void FromDeviceElements(Bytes device, HostTensor* host);

}  // namespace mace

#endif  // MACE_EXECUTE_DEVICE_ELEMENTS_H_
