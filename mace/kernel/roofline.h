// The least time that work takes on a device: the two limits of a roofline, and what a launch costs
// besides. Estimates of variants are multiples of it.
//
// The limits are what was measured on the device (DeviceInfo::measured_gflops and
// measured_gbytes_per_second), else what its kind, units and clock let expect.
// Thread contract: thread-safe (pure functions).
#ifndef MACE_KERNEL_ROOFLINE_H_
#define MACE_KERNEL_ROOFLINE_H_

#include "mace/kernel/device_info.h"

namespace mace {

// Milliseconds of so many multiply-adds of float32 that wait for nothing.
double ProductsMs(const DeviceInfo& device, double products);

// Milliseconds of reading and writing so many bytes of buffers, in the order in which they lie.
double BytesMs(const DeviceInfo& device, double bytes);

// Milliseconds of a launch, whatever it does.
double LaunchMs(const DeviceInfo& device);

// How many times longer a kernel takes that reads or writes images: CPU drivers emulate them texel
// by texel.
double ImageSlowdown(const DeviceInfo& device);

}  // namespace mace

#endif  // MACE_KERNEL_ROOFLINE_H_
