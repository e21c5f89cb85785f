// Fewer cases for a device whose compiler takes long.
#ifndef MACE_TESTING_EVERY_THIRD_H_
#define MACE_TESTING_EVERY_THIRD_H_

#include <cstdlib>
#include <vector>

#include "mace/kernel/device_info.h"

namespace mace {

// Every third of `all`, from number `first`, on a device that is a processor: OpenCL drivers of
// processors compile a kernel for seconds. Three tests with different `first` have run them all. All
// of them on a GPU, or where MACE_ALL_CASES is set, as tools/driver_matrix does.
template <typename T>
std::vector<T> EveryThirdOnProcessors(const DeviceInfo& device, const std::vector<T>& all,
                                      size_t first) {
  if (device.kind == DeviceKind::kGpu || std::getenv("MACE_ALL_CASES") != nullptr) return all;
  std::vector<T> chosen;
  for (size_t i = first; i < all.size(); i += 3) chosen.push_back(all[i]);
  return chosen;
}

}  // namespace mace

#endif  // MACE_TESTING_EVERY_THIRD_H_
