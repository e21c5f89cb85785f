// What a device can do at most, measured: the two limits of a roofline.
#ifndef MACE_TUNE_DEVICE_PEAKS_H_
#define MACE_TUNE_DEVICE_PEAKS_H_

#include <optional>
#include <string>

#include "mace/base/status.h"

namespace mace {

class ProgramCompiler;

struct DevicePeaks {
  // The rate of float32 multiply-adds in registers; multiply and add count as two.
  double gflops = 0;
  // Read and written by a copy from buffer to buffer, larger than the usual caches. Data that stay
  // in a cache may move faster.
  double gbytes_per_second = 0;
  bool recorded = false;  // Found in the cache file, not measured now.
};

// The two numbers as the cache file holds them, both positive or, where nothing was measured, both
// zero. ParsePeaks: empty where the text is not that.
std::string PeaksText(const DevicePeaks& peaks);
std::optional<DevicePeaks> ParsePeaks(const std::string& text);

// As the cache file holds them for this device and driver.
std::optional<DevicePeaks> RecordedDevicePeaks(const ProgramCompiler& compiler);

// As the cache file holds them for this device and driver; else measured (about half a second, and
// a compile), and written into the file at once. kNotFound where
// MACE_REQUIRE_CACHE=1 forbids the compile.
StatusOr<DevicePeaks> FindDevicePeaks(ProgramCompiler* compiler);

}  // namespace mace

#endif  // MACE_TUNE_DEVICE_PEAKS_H_
