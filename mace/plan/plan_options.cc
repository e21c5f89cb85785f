#include "mace/plan/plan_options.h"

namespace mace {

DeviceInfo WithMeasuredRoofline(DeviceInfo device, const PlanOptions& options) {
  if (options.measured_gflops > 0) device.measured_gflops = options.measured_gflops;
  if (options.measured_gbytes_per_second > 0) {
    device.measured_gbytes_per_second = options.measured_gbytes_per_second;
  }
  return device;
}

}  // namespace mace
