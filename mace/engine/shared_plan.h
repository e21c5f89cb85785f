// A plan that several requests run at the same time, each with its own executor.
#ifndef MACE_ENGINE_SHARED_PLAN_H_
#define MACE_ENGINE_SHARED_PLAN_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "mace/base/byte_count.h"
#include "mace/base/status.h"
#include "mace/engine/planned_model.h"
#include "mace/engine/runtime.h"

namespace mace {

// Executors share the plan's programs and weights; each has its own activations. There are as many
// as have run at the same time; they are kept for later runs.
// Thread contract: thread-safe.
class SharedPlan : public std::enable_shared_from_this<SharedPlan> {
 public:
  // An executor, lent for the length of a run. Move-only; keeps the plan alive.
  class Lease {
   public:
    Lease(std::shared_ptr<SharedPlan> plan, Executor* executor)
        : plan_(std::move(plan)), executor_(executor) {}
    ~Lease() {
      if (plan_ != nullptr) plan_->Return(executor_);
    }
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    Executor* operator->() const { return executor_; }

   private:
    std::shared_ptr<SharedPlan> plan_;
    Executor* executor_;
  };

  // `runtime` null: the CPU. `device_bytes` counts the device memory of the executors.
  SharedPlan(std::unique_ptr<PlannedModel> model, std::shared_ptr<Runtime> runtime,
             std::shared_ptr<ByteCount> device_bytes)
      : runtime_(std::move(runtime)),
        device_bytes_(std::move(device_bytes)),
        model_(std::move(model)),
        idle_{model_->executor.get()} {}

  const PlannedModel& model() const { return *model_; }
  // kResourceExhausted or kDeviceError if a new executor is needed and cannot be made.
  StatusOr<Lease> Take();
  // Device memory if the plan has a session, else host memory; shared weights are not counted.
  uint64_t bytes() const { return model_->bytes(); }

  // For PlanTable: the number of the last use, counted over all plans of the table.
  std::atomic<uint64_t> last_use{0};

  // True for the first caller only.
  bool IsFirstRun() { return !has_begun_.exchange(true); }

 private:
  StatusOr<std::unique_ptr<Executor>> MakeExecutor() const;
  void Return(Executor* executor);

  const std::shared_ptr<Runtime> runtime_;  // Declared first, so that it is destroyed last.
  const std::shared_ptr<ByteCount> device_bytes_;
  const std::unique_ptr<PlannedModel> model_;
  std::atomic<bool> has_begun_{false};
  std::mutex mutex_;
  std::vector<std::unique_ptr<Executor>> more_;  // Besides the model's own executor.
  std::vector<Executor*> idle_;                  // The most recently used one is last.
};

}  // namespace mace

#endif  // MACE_ENGINE_SHARED_PLAN_H_
