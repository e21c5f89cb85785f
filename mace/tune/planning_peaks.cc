#include "mace/tune/planning_peaks.h"

#include <optional>
#include <string>

#include "mace/base/clock.h"
#include "mace/base/log.h"
#include "mace/plan/signature.h"
#include "mace/tune/device_peaks.h"

namespace mace {

void SetPlanningPeaks(const Graph& graph, ProgramCompiler* compiler, TuningOptions* tuning,
                      PlanOptions* options) {
  const bool tunes = tuning->level != TuningLevel::kNone;
  if (compiler->store() == nullptr && !tunes) return;
  const std::string key = "peaks of plan " + PlanSignature(graph, *options);
  const auto use = [options](const DevicePeaks& peaks) {
    options->measured_gflops = peaks.gflops;
    options->measured_gbytes_per_second = peaks.gbytes_per_second;
  };
  const std::optional<std::string> record = compiler->FindTuning(key);
  std::optional<DevicePeaks> peaks;
  if (record.has_value()) peaks = ParsePeaks(*record);
  if (peaks.has_value()) return use(*peaks);
  peaks = RecordedDevicePeaks(*compiler);
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
  // Zeros: the plan is made by what the device's kind, units and clock let expect.
  const DevicePeaks chosen = peaks.value_or(DevicePeaks());
  use(chosen);
  const Status kept = compiler->AddTuning(key, PeaksText(chosen));
  if (!kept.ok()) Log(LogLevel::kInfo, "the plan's peaks are not kept: " + kept.message());
}

}  // namespace mace
