// Makes a model's plan from the cache file, from measurements or from estimates.
//
// A tuned plan is kept in the cache file as the choice of each node. A warm start therefore
// measures nothing, and measurements for another model in the same file cannot change this model's
// programs. Every later start that asks for no higher level uses the plan unchanged, even if the
// first start had no time for some variants.
#ifndef MACE_TUNE_TUNED_PLAN_H_
#define MACE_TUNE_TUNED_PLAN_H_

#include <memory>

#include "mace/api/statistics.h"
#include "mace/cl/compiler.h"
#include "mace/plan/plan.h"
#include "mace/tune/tuning_options.h"
#include "mace/tune/tuning_records.h"

namespace mace {

// MakePlan for the compiler's device. Errors: those of MakePlan and of Tuner::Measure.
StatusOr<std::unique_ptr<Plan>> MakeTunedPlan(BoundGraph bound, const PlanOptions& options,
                                              const TuningOptions& tuning,
                                              ProgramCompiler* compiler, TuningStatistics* stats);

// The plan that MakeTunedPlan would make from the cache file or from estimates, which needs no device
// but only what is known of it. Null if MakeTunedPlan would measure. REQUIRES: the file holds no
// plan with library calls (below), since only an opened device tells whether they are possible.
StatusOr<std::unique_ptr<Plan>> MakePlanWithoutDevice(BoundGraph bound, const PlanOptions& options,
                                                      TuningLevel level,
                                                      const TuningRecords& records,
                                                      TuningStatistics* stats);

// Whether the file holds a plan, for any device, that was tuned to call a library.
bool HoldsPlanWithLibraryCalls(const CacheStore& store);

}  // namespace mace

#endif  // MACE_TUNE_TUNED_PLAN_H_
