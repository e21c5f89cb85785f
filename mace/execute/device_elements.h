// Converts elements between their types on the host and on the device where the two differ
// (DeviceElement of layout.h): bools become floats, int64 and integers of 16 and fewer bits become int32.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_EXECUTE_DEVICE_ELEMENTS_H_
#define MACE_EXECUTE_DEVICE_ELEMENTS_H_

#include <cstdint>

#include "mace/base/span.h"
#include "mace/graph/tensor.h"

namespace mace {

// Whether host and device use the same bytes for this type.
bool LiesAsOnDevice(DType dtype);

// Writes four bytes for each element into `device`. Returns the index of the first int64 that an
// int32 cannot hold, at which the conversion stops; -1: all elements are written. REQUIRES: not
// LiesAsOnDevice; room for all elements.
int64_t ToDeviceElements(const HostTensor& host, MutableBytes device);

// Converts in the other direction. Same requirements as above.
void FromDeviceElements(Bytes device, HostTensor* host);

}  // namespace mace

#endif  // MACE_EXECUTE_DEVICE_ELEMENTS_H_
