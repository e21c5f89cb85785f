// One model planned for one set of input shapes: graph, plan and what runs it.
//
// Thread contract: thread-compatible.
#ifndef MACE_RUNTIME_PLANNED_MODEL_H_
#define MACE_RUNTIME_PLANNED_MODEL_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mace/graph/graph.h"
#include "mace/plan/plan.h"
#include "mace/runtime/executor.h"
#include "mace/runtime/options.h"
#include "mace/runtime/run_stats.h"
#include "mace/runtime/runtime.h"
#include "mace/runtime/session.h"

namespace mace {

struct PlannedModel {
  std::shared_ptr<const Graph> imported;
  std::shared_ptr<const Plan> plan;
  std::unique_ptr<Executor> executor;
  Session* session = nullptr;  // `executor` where it runs on a device.
  std::vector<TensorInfo> inputs;
  std::vector<TensorInfo> outputs;  // As they are shown: declared_dims where the counts agree.
  TuningStats tuning;
  bool has_run = false;

  bool Accepts(const std::vector<HostTensor>& given) const;
};

// graph → passes → plan → session, for the given input shapes (by name; empty: the declared ones).
// `runtime` null: on the CPU.
StatusOr<std::unique_ptr<PlannedModel>> PlanModel(std::shared_ptr<const Graph> imported,
                                                  const std::map<std::string, Shape>& input_shapes,
                                                  const Options& options, Runtime* runtime);

// Adds to `stats` what is known of the model once planned: placements, programs, memory.
void AddPlanStats(const PlannedModel& model, RunStats* stats);

}  // namespace mace

#endif  // MACE_RUNTIME_PLANNED_MODEL_H_
