#include "mace/kernel/gpu_cost.h"

#include <algorithm>
#include <cmath>

namespace mace {

GpuUnit GpuUnitOf(const DeviceInfo& device) {
  const double units = std::max(1u, device.compute_units);
  const double local = static_cast<double>(device.local_memory_bytes);
  constexpr double kBufferLoad = 28, kImageLoad = 78;
  // Mobile GPUs have a cache for images, and a slow way to buffers.
  constexpr double kMobileBufferLoad = 150, kMobileImageLoad = 25;
  switch (device.vendor) {
    case DeviceVendor::kNvidia:
      // A work-group gets 48 KiB of what the unit has.
      return {units, 128, 2048, 65536, 4.7 * local, kBufferLoad, kImageLoad};
    case DeviceVendor::kAmd:
      return {units, 64, 2560, 65536, local, kBufferLoad, kImageLoad};
    case DeviceVendor::kIntel:
      // Compute units of this vendor are execution units, of which at least eight share a local
      // memory.
      return {std::max(1.0, units / 8), 64, 896, 28672, local, kBufferLoad, kImageLoad};
    case DeviceVendor::kArm:
      return {units, 64, 1024, 32768, local, kMobileBufferLoad, kMobileImageLoad};
    case DeviceVendor::kQualcomm:
      return {units, 128, 1024, 32768, local, kMobileBufferLoad, kMobileImageLoad};
    default:
      return {units, 64, 1024, 32768, local, kBufferLoad, kImageLoad};
  }
}

double CyclesPerMs(const DeviceInfo& device) {
  if (device.measured_gflops > 0) {
    const GpuUnit unit = GpuUnitOf(device);
    return 0.5e6 * device.measured_gflops / (unit.units * unit.products_per_cycle);
  }
  return 1e3 * (device.clock_mhz > 0 ? device.clock_mhz : 1000);
}

double EstimateLoopMs(const DeviceInfo& device, const GpuLoop& loop) {
  constexpr double kItemsOfAGroup = 64;
  const GpuUnit unit = GpuUnitOf(device);
  const double items_on_a_unit =
      kItemsOfAGroup * std::ceil(loop.items / (kItemsOfAGroup * unit.units));
  const double busy = items_on_a_unit * loop.products / unit.products_per_cycle;
  // While there are few work-items, each waits for its own loads.
  return loop.iterations * std::hypot(busy, loop.cycles) / CyclesPerMs(device);
}

}  // namespace mace
