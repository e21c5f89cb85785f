// The two limits of the roofline model, measured on a device: its peak arithmetic rate and its peak
// memory bandwidth. `mace profile` calls them the device's peaks.
#ifndef MACE_TUNE_ROOFLINE_LIMITS_H_
#define MACE_TUNE_ROOFLINE_LIMITS_H_

#include <optional>
#include <string>

#include "mace/base/status.h"

namespace mace {

class ProgramCompiler;

struct RooflineLimits {
  // The rate of float32 multiply-adds in registers, in 10^9 operations a second; multiply and add
  // count as two.
  double gflops = 0;
  // The bandwidth of a copy between buffers larger than the usual caches, in 10^9 bytes read or
  // written a second. Data in a cache may move faster.
  double gbytes_per_second = 0;
  bool recorded = false;  // Read from the cache file, not measured in this process.
};

// The two numbers as text for the cache file: both positive, or both zero if nothing was measured.
// ParseRooflineLimits gives none for another text.
std::string RooflineLimitsText(const RooflineLimits& limits);
std::optional<RooflineLimits> ParseRooflineLimits(const std::string& text);

// The limits that the cache file holds for this device and driver, if any.
std::optional<RooflineLimits> RecordedRooflineLimits(const ProgramCompiler& compiler);

// The limits from the cache file, for this device and driver. If there are none, they are measured
// (about half a second and a compile) and written into the file at once. kNotFound if
// MACE_REQUIRE_CACHE=1 forbids the compile.
StatusOr<RooflineLimits> FindRooflineLimits(ProgramCompiler* compiler);

}  // namespace mace

#endif  // MACE_TUNE_ROOFLINE_LIMITS_H_
