// Which peaks of the device the estimates of a plan go by: measured ones where there are any, and
// for one plan the same ones at every start with a cache file, so that what is measured later, for
// another model or a profile, does not change the plan, whose kernels the file holds.
//
// Thread contract: as ProgramCompiler.
#ifndef MACE_TUNE_PLANNING_PEAKS_H_
#define MACE_TUNE_PLANNING_PEAKS_H_

#include "mace/cl/compiler.h"
#include "mace/graph/graph.h"
#include "mace/plan/plan.h"
#include "mace/tune/tuning_options.h"

namespace mace {

// Sets PlanOptions::measured_gflops and measured_gbytes_per_second for the plan of this graph,
// whose shapes are all known, and keeps them in the cache file with it. Where the file holds none
// for the plan they are those of the device that the file has (FindDevicePeaks), and with tuning
// they are measured if it has none. The time that takes goes to TuningOptions::spent_ms.
void SetPlanningPeaks(const Graph& graph, ProgramCompiler* compiler, TuningOptions* tuning,
                      PlanOptions* options);

}  // namespace mace

#endif  // MACE_TUNE_PLANNING_PEAKS_H_
