#include "mace/engine/shared_plan.h"

#include "mace/execute/cpu_executor.h"
#include "mace/execute/session.h"

namespace mace {

StatusOr<std::unique_ptr<Executor>> SharedPlan::MakeExecutor() const {
  if (model_->session == nullptr) {
    MACE_ASSIGN_OR_RETURN(std::unique_ptr<Executor> another, CpuExecutor::Create(model_->plan));
    return model_->WithTypes(std::move(another));
  }
  MACE_ASSIGN_OR_RETURN(std::unique_ptr<Session> another,
                        model_->session->CloneForConcurrentRun(runtime_->compiler()));
  another->CountBytes(device_bytes_);
  return model_->WithTypes(std::move(another));
}

StatusOr<SharedPlan::Lease> SharedPlan::Take() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!idle_.empty()) {
      Executor* const executor = idle_.back();
      idle_.pop_back();
      return Lease(shared_from_this(), executor);
    }
  }
  MACE_ASSIGN_OR_RETURN(std::unique_ptr<Executor> made, MakeExecutor());
  Executor* const executor = made.get();
  std::lock_guard<std::mutex> lock(mutex_);
  more_.push_back(std::move(made));
  idle_.reserve(more_.size() + 1);  // So that Return does not allocate.
  return Lease(shared_from_this(), executor);
}

void SharedPlan::Return(Executor* executor) {
  std::lock_guard<std::mutex> lock(mutex_);
  idle_.push_back(executor);
}

}  // namespace mace
