#include "mace/tune/planning_limits.h"

#include <optional>
#include <string>

#include "mace/base/clock.h"
#include "mace/base/log.h"
#include "mace/plan/signature.h"
#include "mace/tune/roofline_limits.h"

namespace mace {
namespace {

std::string RecordKey(const Graph& graph, const PlanOptions& options) {
  return "peaks of plan " + PlanSignature(graph, options);
}

void Use(const RooflineLimits& limits, PlanOptions* options) {
  options->measured_gflops = limits.gflops;
  options->measured_gbytes_per_second = limits.gbytes_per_second;
}

bool UseRecord(const std::string& key, const TuningRecords& records, PlanOptions* options) {
  const std::optional<std::string> record = records.Find(key);
  if (!record.has_value()) return false;
  const std::optional<RooflineLimits> limits = ParseRooflineLimits(*record);
  if (limits.has_value()) Use(*limits, options);
  return limits.has_value();
}

}  // namespace

bool SetRecordedPlanningLimits(const Graph& graph, const TuningRecords& records,
                               PlanOptions* options) {
  return UseRecord(RecordKey(graph, *options), records, options);
}

void SetPlanningLimits(const Graph& graph, ProgramCompiler* compiler, TuningOptions* tuning,
                       PlanOptions* options) {
  const bool tunes = tuning->level != TuningLevel::kNone;
  if (compiler->store() == nullptr && !tunes) return;
  const std::string key = RecordKey(graph, *options);
  if (UseRecord(key, TuningRecords(*compiler), options)) return;
  std::optional<RooflineLimits> limits = RecordedRooflineLimits(*compiler);
  if (!limits.has_value() && tunes) {
    const double begin = MonotonicMilliseconds();
    const StatusOr<RooflineLimits> measured = FindRooflineLimits(compiler);
    if (measured.ok()) {
      limits = *measured;
    } else {
      Log(LogLevel::kInfo, "the roofline limits are not measured: " + measured.status().message());
    }
    tuning->spent_ms += MonotonicMilliseconds() - begin;
  }
  // Zeros: the plan uses estimates from the device's kind, compute units and clock.
  const RooflineLimits chosen = limits.value_or(RooflineLimits());
  Use(chosen, options);
  const Status kept = compiler->AddTuning(key, RooflineLimitsText(chosen));
  if (!kept.ok())
    Log(LogLevel::kInfo, "the roofline limits of a plan are not kept: " + kept.message());
}

}  // namespace mace
