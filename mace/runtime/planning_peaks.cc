#include "mace/runtime/planning_peaks.h"

#include <cstdio>
#include <optional>
#include <string>

#include "mace/base/clock.h"
#include "mace/base/log.h"
#include "mace/plan/signature.h"
#include "mace/runtime/device_peaks.h"

namespace mace {
namespace {

// "0 0": the plan was made by what its kind, units and clock let expect.
std::string RecordOf(const PlanOptions& options) {
  char text[64];
  std::snprintf(text, sizeof(text), "%.6g %.6g", options.measured_gflops,
                options.measured_gbytes_per_second);
  return text;
}

bool ParseRecord(const std::string& record, PlanOptions* options) {
  double gflops = -1, gbytes = -1;
  if (std::sscanf(record.c_str(), "%lf %lf", &gflops, &gbytes) != 2) return false;
  const bool both = gflops > 0 && gbytes > 0;
  if (!both && !(gflops == 0 && gbytes == 0)) return false;
  options->measured_gflops = gflops;
  options->measured_gbytes_per_second = gbytes;
  return true;
}

}  // namespace

void SetPlanningPeaks(const Graph& graph, ProgramCompiler* compiler, TuningOptions* tuning,
                      PlanOptions* options) {
  const bool tunes = tuning->level != TuningLevel::kNone;
  if (compiler->store() == nullptr && !tunes) return;
  const std::string key = "peaks of plan " + PlanSignature(graph, *options);
  const std::optional<std::string> record = compiler->FindTuning(key);
  if (record.has_value() && ParseRecord(*record, options)) return;
  std::optional<DevicePeaks> peaks = RecordedDevicePeaks(*compiler);
  if (!peaks.has_value() && tunes) {
    const double begin = MonotonicMilliseconds();
    const StatusOr<DevicePeaks> measured = FindDevicePeaks(compiler);
    if (measured.ok()) {
      peaks = *measured;
    } else {
      Log(LogLevel::kInfo, "the device's peaks are not measured: " + measured.status().message());
    }
    tuning->spent_ms += MonotonicMilliseconds() - begin;
  }
  if (peaks.has_value()) {
    options->measured_gflops = peaks->gflops;
    options->measured_gbytes_per_second = peaks->gbytes_per_second;
  }
  const Status kept = compiler->AddTuning(key, RecordOf(*options));
  if (!kept.ok()) Log(LogLevel::kInfo, "the plan's peaks are not kept: " + kept.message());
}

}  // namespace mace
