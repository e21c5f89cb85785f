#include "mace/tune/planning_limits.h"

#include <optional>
#include <string>

#include "mace/base/clock.h"
#include "mace/base/log.h"
#include "mace/plan/signature.h"
#include "mace/tune/roofline_limits.h"

namespace mace {

void SetPlanningLimits(const Graph& graph, ProgramCompiler* compiler, TuningOptions* tuning,
                       PlanOptions* options) {
  const bool tunes = tuning->level != TuningLevel::kNone;
  if (compiler->store() == nullptr && !tunes) return;
  const std::string key = "peaks of plan " + PlanSignature(graph, *options);
  const auto use = [options](const RooflineLimits& limits) {
    options->measured_gflops = limits.gflops;
    options->measured_gbytes_per_second = limits.gbytes_per_second;
  };
  const std::optional<std::string> record = compiler->FindTuning(key);
  std::optional<RooflineLimits> limits;
  if (record.has_value()) limits = ParseRooflineLimits(*record);
  if (limits.has_value()) return use(*limits);
  limits = RecordedRooflineLimits(*compiler);
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
  use(chosen);
  const Status kept = compiler->AddTuning(key, RooflineLimitsText(chosen));
  if (!kept.ok())
    Log(LogLevel::kInfo, "the roofline limits of a plan are not kept: " + kept.message());
}

}  // namespace mace
