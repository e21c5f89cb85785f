// Makes a model's plan: as the cache file holds it, or by measurements, or by estimates.
//
// A plan that was tuned is kept in the cache file as the choice of each node, so that a warm start
// measures nothing, and so that measurements for another model in the same file cannot change this
// one's programs. Such a plan is taken as it is at every later start that asks for no higher level,
// whatever the first start had no time for.
#ifndef MACE_TUNE_TUNED_PLAN_H_
#define MACE_TUNE_TUNED_PLAN_H_

#include <memory>

#include "mace/api/statistics.h"
#include "mace/cl/compiler.h"
#include "mace/plan/plan.h"
#include "mace/tune/tuning_options.h"

namespace mace {

// As MakePlan on the compiler's device. Errors: those of MakePlan and of Tuner::Measure.
StatusOr<std::unique_ptr<Plan>> MakeTunedPlan(BoundGraph bound, const PlanOptions& options,
                                              const TuningOptions& tuning,
                                              ProgramCompiler* compiler, TuningStatistics* stats);

// Whether the file holds a plan, of any device, that was tuned to call a library.
bool HoldsPlanWithLibraryCalls(const CacheStore& store);

}  // namespace mace

#endif  // MACE_TUNE_TUNED_PLAN_H_
