#include "mace/kernel/roofline.h"

#include "mace/kernel/gpu_cost.h"

namespace mace {
namespace {

bool IsLarge(const DeviceInfo& device) {
  return device.vendor == DeviceVendor::kNvidia || device.vendor == DeviceVendor::kAmd;
}

}  // namespace

double ProductsMs(const DeviceInfo& device, double products) {
  if (device.measured_gflops > 0) return products / (0.5e6 * device.measured_gflops);
  // Two threads of a Xeon with AVX-512 do 400 GFLOP/s.
  if (device.kind == DeviceKind::kCpu) return products / 2e8;
  const GpuUnit unit = GpuUnitOf(device);
  return products / (unit.units * unit.products_per_cycle * CyclesPerMs(device));
}

double BytesMs(const DeviceInfo& device, double bytes) {
  if (device.measured_gbytes_per_second > 0) {
    return bytes / (1e6 * device.measured_gbytes_per_second);
  }
  return bytes / (IsLarge(device) ? 5e8 : 1e7);
}

double LaunchMs(const DeviceInfo& device) {
  if (device.kind == DeviceKind::kCpu) return 0.002;
  return IsLarge(device) ? 0.006 : 0.02;
}

double ImageSlowdown(const DeviceInfo& device) { return device.kind == DeviceKind::kCpu ? 100 : 1; }

}  // namespace mace
