// Makes the plan of a model for a device: passes, variants, choice, launches. Nothing is compiled or
// allocated on the device, so that a plan can also be made for a device that is not open yet.
//
// Thread contract: thread-safe, if no two threads plan with one compiler and tuning.
#ifndef MACE_ENGINE_MODEL_PLANNER_H_
#define MACE_ENGINE_MODEL_PLANNER_H_

#include <cstdint>
#include <memory>

#include "mace/api/compile_options.h"
#include "mace/api/statistics.h"
#include "mace/cache/store.h"
#include "mace/cl/compiler.h"
#include "mace/engine/passed_graph.h"
#include "mace/graph/graph.h"
#include "mace/kernel/device_info.h"
#include "mace/plan/excluded_variants.h"
#include "mace/plan/plan.h"

namespace mace {

// The options that stand for `options` on this device: a precision or storage that the device lacks
// is replaced by one that it has.
CompileOptions OptionsForDevice(CompileOptions options, const DeviceInfo& device);

// Whether 8-bit models use integer kernels. `device` is null for the CPU.
bool UsesIntegerKernels(const CompileOptions& options, const DeviceInfo* device);

// The graph to be planned.
struct PreparedGraph {
  std::shared_ptr<Graph> whole;   // The graph with the requested shapes.
  std::shared_ptr<Graph> sliced;  // The graph of one slice of the batch; `whole` without slices.
  int64_t batch_slices = 1;
};

// Cuts the batch of a graph after its passes into slices, if that pays on the device. `imported` is
// the graph before the passes. `device` is null for the CPU.
PreparedGraph PrepareGraph(const Graph& imported, std::shared_ptr<Graph> passed,
                           const CompileOptions& options, const DeviceInfo* device);

// What the caller of MakeModelPlan wants besides CompileOptions.
struct PlanRequest {
  bool wide_integers = false;  // PlanOptions::wide_integers.
  bool name_weights = false;   // Whether to set Plan::weight_identities.
  ExcludedVariants excluded;   // Besides those that the cache file has records of.
};

struct MadePlan {
  std::shared_ptr<const Plan> plan;  // Null: the plan cannot be made without the device.
  TuningStatistics tuning;
};

// The plan for the CPU, if `compiler` is null, or for the compiler's device. May change
// `prepared.sliced`: fusions that depend on the device replace nodes. Errors: those of MakePlan and
// MakeTunedPlan. REQUIRES: `options` are those for the device (OptionsForDevice).
StatusOr<MadePlan> MakeModelPlan(const PreparedGraph& prepared, const CompileOptions& options,
                                 const PlanRequest& request, ProgramCompiler* compiler);

// The plan that MakeModelPlan makes for this device with a cache file that holds the plan's
// records. No plan if records are missing, something has to be measured, or the file holds plans
// with library calls. REQUIRES: as for MakeModelPlan.
StatusOr<MadePlan> MakeModelPlanWithoutDevice(const PreparedGraph& prepared,
                                              const CompileOptions& options,
                                              const PlanRequest& request, const DeviceInfo& device,
                                              CacheStore* store);

}  // namespace mace

#endif  // MACE_ENGINE_MODEL_PLANNER_H_
