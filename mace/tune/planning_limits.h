// Chooses the roofline limits (roofline_limits.h) that the estimates of a plan use. With a cache
// file a plan keeps the same limits at every start, even if limits are measured later for another
// model or a profile. Otherwise the plan would change, and the file would lack its kernels.
//
// Thread contract: that of ProgramCompiler.
#ifndef MACE_TUNE_PLANNING_LIMITS_H_
#define MACE_TUNE_PLANNING_LIMITS_H_

#include "mace/cl/compiler.h"
#include "mace/graph/graph.h"
#include "mace/plan/plan.h"
#include "mace/tune/tuning_options.h"
#include "mace/tune/tuning_records.h"

namespace mace {

// Sets PlanOptions::measured_gflops and measured_gbytes_per_second for the plan of this graph,
// whose shapes are all known, and writes them into the cache file. They are the first of these that
// exists: the plan's own record; the device's record; with tuning, a new measurement, whose time is
// added to TuningOptions::spent_ms; zeros.
void SetPlanningLimits(const Graph& graph, ProgramCompiler* compiler, TuningOptions* tuning,
                       PlanOptions* options);

// Sets the two from the plan's own record alone, which needs no device. False if there is none:
// then nothing is set.
bool SetRecordedPlanningLimits(const Graph& graph, const TuningRecords& records,
                               PlanOptions* options);

}  // namespace mace

#endif  // MACE_TUNE_PLANNING_LIMITS_H_
