// What Xiaomi's MACE tells about the machine: versions, processors, devices.
//
// Thread contract: thread-safe.
#ifndef MACE_COMPAT_DEVICE_H_
#define MACE_COMPAT_DEVICE_H_

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "mace/compat/status.h"
#include "mace/compat/types.h"

namespace mace {

// A negative time: nothing was measured.
struct PerformanceInfo {
  float exec_time = -1;
};

struct Capability {
  PerformanceInfo float32_performance;
  PerformanceInfo quantized8_performance;
  bool supported = false;
};

// The version of this library, such as "0.1.0", and not the one of Xiaomi's MACE.
inline const char* MaceVersion() { return Version(); }

// Whether the device can run models: CPU always, GPU if there is an OpenCL device, the others
// never. Both times are negative, because nothing is measured; the second parameter has no effect.
inline Capability GetCapability(DeviceType device_type, float /*cpu_float32_exec_time*/ = 1.f) {
  Capability capability;
  if (device_type == GPU) {
    const StatusOr<std::vector<Device>> devices = ListDevices();
    capability.supported = devices.ok() && !devices->empty();
  } else {
    capability.supported = device_type == CPU;
  }
  return capability;
}

// The numbers of the processors whose highest clock frequency is the machine's highest, and of the
// others; all of them in both lists if their frequencies agree. MACE_INVALID_ARGS for a null
// pointer, MACE_RUNTIME_ERROR if the system does not tell the frequencies (Linux:
// /sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq), as in most virtual machines.
inline MaceStatus GetBigLittleCoreIDs(std::vector<int>* big_core_ids,
                                      std::vector<int>* little_core_ids) {
  if (big_core_ids == nullptr || little_core_ids == nullptr) {
    return MaceStatus(MaceStatus::MACE_INVALID_ARGS,
                      "GetBigLittleCoreIDs: expected two lists, found a null pointer");
  }
  std::vector<long> frequencies;  // In kHz, by processor.
  for (;;) {
    const std::string path = "/sys/devices/system/cpu/cpu" + std::to_string(frequencies.size()) +
                             "/cpufreq/cpuinfo_max_freq";
    std::ifstream file(path);
    long frequency = 0;
    if (!(file >> frequency)) break;
    frequencies.push_back(frequency);
  }
  if (frequencies.empty()) {
    return MaceStatus(MaceStatus::MACE_RUNTIME_ERROR,
                      "GetBigLittleCoreIDs: the system tells no clock frequencies");
  }
  const auto [lowest, highest] = std::minmax_element(frequencies.begin(), frequencies.end());
  big_core_ids->clear();
  little_core_ids->clear();
  for (size_t core = 0; core < frequencies.size(); ++core) {
    const bool is_big = frequencies[core] == *highest;
    if (is_big) big_core_ids->push_back(static_cast<int>(core));
    if (!is_big || *lowest == *highest) little_core_ids->push_back(static_cast<int>(core));
  }
  return MaceStatus();
}

}  // namespace mace

#endif  // MACE_COMPAT_DEVICE_H_
