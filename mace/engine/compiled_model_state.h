// The implementation behind CompiledModel.
//
// Thread contract: thread-safe. `model`, `options`, `runtime`, the budgets and `inputs` do not
// change once the model is compiled.
#ifndef MACE_ENGINE_COMPILED_MODEL_STATE_H_
#define MACE_ENGINE_COMPILED_MODEL_STATE_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mace/api/compiled_model.h"
#include "mace/api/statistics.h"
#include "mace/base/byte_count.h"
#include "mace/base/memory_budget.h"
#include "mace/cache/place.h"
#include "mace/engine/cache_saver.h"
#include "mace/engine/model_loader.h"
#include "mace/engine/model_state.h"
#include "mace/engine/passed_graph.h"
#include "mace/engine/plan_ahead.h"
#include "mace/engine/plan_table.h"
#include "mace/engine/runtime.h"
#include "mace/execute/weight_store.h"

namespace mace {

struct [[gnu::visibility("hidden")]] CompiledModel::State {
  std::shared_ptr<const Model::State> model;
  // The options of Compile with two changes. A precision or storage that the device lacks is
  // replaced by one that it has. `file` and `memory` of the cache are empty, because `cache_place`
  // stands for them.
  CompileOptions options;
  std::optional<CachePlace> cache_place;      // None: no cache.
  std::shared_ptr<Runtime> runtime;           // Null: the model runs on the CPU.
  std::shared_ptr<MemoryBudget> host_budget;  // Counts the tensors of plans and runs.
  std::shared_ptr<ByteCount> device_bytes = std::make_shared<ByteCount>();
  // The packed weights on the device, shared by all plans; each is packed once.
  const std::shared_ptr<WeightStore> weights = std::make_shared<WeightStore>(device_bytes);
  PlanTable plans;
  std::optional<CacheSaver> saver;  // Only with a cache file. Destroyed before the plans.
  PlanTable::InputDims compiled_dims;
  std::atomic<uint64_t> runs{0};
  // A kernel has met an int64 beyond int32: from then on plans keep int64 on the CPU.
  std::atomic<bool> wide_integers{false};
  std::atomic<bool> stages_one_by_one{false};  // RunValues::one_by_one, besides the model's own.

  mutable std::mutex report_mutex;  // Guards `stats` and `note`.
  Statistics stats;
  std::string note;

  // kFailedPrecondition in a forked child, where the device is the parent's.
  Status CheckProcess() const;
  // Opens the device and makes the first plan. `load` gives the model; it runs on another thread
  // while the device is opened.
  Status Start(const ModelLoader::Load& load);
  StatusOr<PlanTable::Found> PlanFor(const PlanTable::Key& key);
  // The plan for these inputs and outputs. `last` holds the plan that the caller used last for
  // these outputs, or none, and then the plan that is found. If both are the same, nothing is
  // allocated.
  StatusOr<PlanTable::Found> PlanFor(const std::vector<HostTensor>& tensors,
                                     const OutputSet& outputs, std::weak_ptr<SharedPlan>* last);
  // The stage for inputs of these dims, and the plan that runs it. `known` has the elements of the
  // deciding inputs, and what earlier stages gave. REQUIRES: model->run_values is not null.
  StatusOr<PlanTable::Found> StageFor(const PlanTable::InputDims& dims, const RunValues& known);
  // From now on, stages hand on these values, too. If they do so already, the names of values do
  // not tell them, and stages are tried one by one. kInternal if they are tried so already.
  Status HandOn(const ValueNames& values);
  // Whether the run of this plan failed for an int64 beyond int32, which a plan that keeps int64 on
  // the CPU computes; the next plan is such a one.
  bool NeedsWideIntegers(const SharedPlan& plan);
  // The statistics for CompiledModel::statistics, which adds the members that it counts itself.
  Statistics Report() const;
  // Runs the plan with an idle executor. `outputs` has an entry for each output of the plan.
  // `times` receives the times of the run, unless it is null. `bindings` is null if all inputs and
  // outputs are on the host. At most one of `times` and `bindings` is not null. After the first run
  // of a plan, its outputs are checked for overflows of half precision, and the cache file, if
  // there is one, is written in the background.
  Status Run(SharedPlan * plan, const std::vector<HostTensor>& inputs,
             std::vector<HostTensor>* outputs, RunTimes* times = nullptr,
             const RunBindings* bindings = nullptr);

 private:
  // Set by Start for the first plan, which takes them. At most one of them is not null.
  std::shared_ptr<PassedGraph> passed_;
  std::shared_ptr<PlanAhead> ahead_;
  std::mutex stage_mutex_;  // Guards `handed_on_`.
  ValueNames handed_on_;    // What stages hand on besides the model's own handed_on.

  Status PlanAtStart();
  StatusOr<std::shared_ptr<SharedPlan>> MakeStagePlan(
      const PlanTable::Key& key, const RunValues& known, const ValueNames& handed_on);
  std::map<int, Statistics> stage_stats_;  // By level, for ReportStage; report_mutex guards it.

  void ReportStage(const PlannedModel& plan, int level, const PlanTable::InputDims& dims);

  // Null if no cache was asked for, or the model runs on the CPU.
  StatusOr<std::shared_ptr<CacheStore>> OpenCache() const;
  Status OpenRuntime(const std::shared_ptr<CacheStore>& store, double begin);
  StatusOr<std::shared_ptr<SharedPlan>> MakePlan(const PlanTable::Key& key);
  StatusOr<std::unique_ptr<PlannedModel>> PlanGraph(std::shared_ptr<const Graph> graph,
                                                    const PlanTable::Key& key);
  void WarnOfHalf(const PlannedModel& plan, const std::vector<HostTensor>& inputs,
                  const std::vector<HostTensor>& outputs) const;
  void ReportPlan(const PlannedModel& plan, const OutputSet& outputs);
  // Evicts all plans, so that their memory is freed when the last run of each ends. False if there
  // was no plan to evict.
  bool MakeRoom();
  void Retire(const PlanTable::Plans& retired);
};

// The bytes of the constants that only this graph has. Constants that are read from files or have
// an identity are shared with other graphs of the model.
uint64_t OwnConstantBytes(const Graph& graph);
// The statistics with what is known of the file and of its use.
CacheStatistics CacheWithStatus(CacheStatistics cache, const CacheStore& store);

struct CompiledModelAccess {
  static const std::shared_ptr<CompiledModel::State>& StateOf(const CompiledModel& compiled) {
    return compiled.state_;
  }
  static CompiledModel FromState(std::shared_ptr<CompiledModel::State> state) {
    return CompiledModel(std::move(state));
  }
};

}  // namespace mace

#endif  // MACE_ENGINE_COMPILED_MODEL_STATE_H_
