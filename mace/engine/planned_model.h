// A graph that is planned for one set of input shapes, with its plan and its executor.
//
// Thread contract: thread-compatible.
#ifndef MACE_ENGINE_PLANNED_MODEL_H_
#define MACE_ENGINE_PLANNED_MODEL_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mace/api/compile_options.h"
#include "mace/api/statistics.h"
#include "mace/engine/passed_graph.h"
#include "mace/engine/plan_ahead.h"
#include "mace/engine/runtime.h"
#include "mace/engine/stage.h"
#include "mace/execute/executor.h"
#include "mace/execute/session.h"
#include "mace/execute/weight_store.h"
#include "mace/graph/graph.h"
#include "mace/plan/plan.h"

namespace mace {

struct PlannedModel {
  std::shared_ptr<const Graph> imported;
  std::shared_ptr<const Plan> plan;
  std::unique_ptr<Executor> executor;
  Session* session = nullptr;  // Runs on a device, within `executor`; null: CPU.
  // The types and shapes that the caller sees (io_types.h, io_shapes.h).
  std::vector<TensorInfo> inputs;
  std::vector<TensorInfo> outputs;
  TuningStatistics tuning;
  bool wide_integers = false;  // GraphToPlan::wide_integers.

  uint64_t host_bytes = 0;  // Bytes of the constants that only this plan has.
  // The stage that `imported` is the graph of; null: the model is not run in stages. If the stage
  // has no outputs, there is nothing to run: `plan` and `executor` are null.
  std::shared_ptr<const ModelStage> stage;

  bool Accepts(const std::vector<TensorInfo>& given) const;
  bool Accepts(const std::vector<HostTensor>& given) const;
  // The memory of this plan alone, in bytes: device memory if the plan has a session, else host
  // memory.
  uint64_t bytes() const { return session != nullptr ? session->activation_bytes() : host_bytes; }
  // Whether a run has succeeded on a device, by this session or a clone of it.
  bool has_run() const { return session != nullptr && session->has_run(); }
  // Wraps `another` executor of the plan so that it takes tensors of the types and shapes that the
  // caller sees (WithIoTypes).
  StatusOr<std::unique_ptr<Executor>> WithTypes(std::unique_ptr<Executor> another) const;
};

struct GraphToPlan {
  std::shared_ptr<const Graph> imported;
  ShapesByInput input_shapes;  // An input that is not named has its declared shape.
  // The graph after the passes, for these shapes; used by one plan only. Null: not made yet.
  std::shared_ptr<PassedGraph> passed;
  // The plan for these shapes, made for the runtime's device; used once. Null: not made yet.
  std::shared_ptr<PlanAhead> ahead;
  bool wide_integers = false;  // PlanOptions::wide_integers.
};

// Runs the passes, makes the plan, and makes the executor that runs it. `runtime` is null for a
// plan that runs on the CPU. `weights` (may be null) holds the packed weights of the model's other
// plans, and counts the device memory of the session.
StatusOr<std::unique_ptr<PlannedModel>> PlanModel(GraphToPlan to_plan,
                                                  const CompileOptions& options, Runtime* runtime,
                                                  WeightStore* weights);

// Adds to `stats` the placements and programs of a planned model.
void AddPlanStats(const PlannedModel& model, Statistics* stats);

}  // namespace mace

#endif  // MACE_ENGINE_PLANNED_MODEL_H_
