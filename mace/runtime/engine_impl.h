// What an engine is made of; engine.h is what its users see.
//
// Thread contract: a call that plans or runs takes an EngineTurn, and all of Impl belongs to it
// meanwhile; `options`, `inputs`, `outputs`, `runtime` and `device_bytes` do not change after
// Start; what a mutex guards may be read at any time.
#ifndef MACE_RUNTIME_ENGINE_IMPL_H_
#define MACE_RUNTIME_ENGINE_IMPL_H_

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "mace/base/byte_count.h"
#include "mace/base/memory_budget.h"
#include "mace/import/import.h"
#include "mace/runtime/engine.h"
#include "mace/runtime/kept_plans.h"
#include "mace/runtime/runtime.h"

namespace mace {

using ShapesByName = std::map<std::string, std::vector<int64_t>>;

struct Engine::Impl {
  Options options;
  std::string model_path;             // Empty: the graph was given.
  std::shared_ptr<ModelFiles> files;  // The model's; null: the graph was given.
  std::shared_ptr<const Graph> given;
  std::shared_ptr<Runtime> runtime;  // Null: on the CPU.
  std::shared_ptr<ByteCount> device_bytes = std::make_shared<ByteCount>();
  std::shared_ptr<MemoryBudget> host_budget;  // Counts the tensors of this engine.
  KeptPlans plans;
  std::vector<Port> inputs;
  std::vector<Port> outputs;
  std::atomic<bool> in_use{false};
  std::atomic<bool> has_run{false};
  // The last attempt to write the file, with all that there was: the destructor makes no other.
  std::atomic<bool> save_failed{false};

  mutable std::mutex report_mutex;  // Guards what follows.
  RunStats stats;
  std::string note;

  Status Start();
  Status OpenRuntime(double begin);
  ImportOptions ImportWith(const ShapesByName& shapes) const;
  void ListPorts();

  // engine_plans.cc: plans by input shapes.
  StatusOr<std::shared_ptr<const Graph>> Import(const ShapesByName& shapes) const;
  // A plan for these inputs becomes plans.current().
  Status AddPlan(std::shared_ptr<const Graph> imported, const ShapesByName& shapes);
  StatusOr<std::unique_ptr<PlannedModel>> MakePlanFor(std::shared_ptr<const Graph> imported,
                                                      const std::map<std::string, Shape>& shapes);
  void ReportPlan(const PlannedModel& plan);
  void SetCacheStatus();  // REQUIRES: report_mutex is held.
  Status CheckInputs(const std::vector<HostTensor>& tensors) const;
  Status PlanFor(const std::vector<HostTensor>& tensors);
  Status PlanForPorts();
  // Hands the programs of these plans to the store, where they have run.
  void Retire(const KeptPlans::Plans& plans);

  // engine_runs.cc.
  // The plan for these inputs as plans.current(), and room for its outputs.
  Status Prepare(const std::vector<HostTensor>& tensors, std::vector<HostTensor>* results);
  Status CheckOutputs(const std::vector<HostTensor>& results) const;
  // After a first run.
  void WarnOfHalf(const std::vector<HostTensor>& tensors,
                  const std::vector<HostTensor>& results) const;

  // engine_cache.cc.
  // A run on zeros of each plan that has programs to store and never ran.
  void RunUnusedPlans();
  // Whether the file could be written, where there is anything to ask the driver for.
  Status CheckWorthKeeping() const;
  Status KeepPrograms();
  // Writes the file, which took from `begin` on. May be called beside a turn.
  Status Save(double begin);
  bool WasUsed() const;
};

// The right to use an engine, for the length of one call, whose tensors count against the engine's
// memory budget.
class EngineTurn {
 public:
  explicit EngineTurn(Engine::Impl* impl);
  ~EngineTurn() {
    if (impl_ != nullptr) impl_->in_use.store(false, std::memory_order_release);
  }
  EngineTurn(const EngineTurn&) = delete;
  EngineTurn& operator=(const EngineTurn&) = delete;

  // kFailedPrecondition where another thread has its turn, or where the engine is that of a parent
  // process and on a device.
  const Status& status() const { return status_; }

 private:
  Engine::Impl* impl_ = nullptr;  // Null: it is not ours.
  const ScopedMemoryBudget budget_;
  Status status_;
};

}  // namespace mace

#endif  // MACE_RUNTIME_ENGINE_IMPL_H_
