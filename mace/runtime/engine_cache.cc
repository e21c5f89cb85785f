// What an engine leaves in the cache file.
#include "mace/base/catch_exhaustion.h"
#include "mace/base/clock.h"
#include "mace/base/log.h"
#include "mace/cl/opencl_process.h"
#include "mace/runtime/engine_impl.h"

namespace mace {
namespace {

// Whether the driver is to be asked for a program of the plan, which takes long.
bool HasUnkeptPrograms(const PlannedModel& plan) {
  if (plan.session == nullptr) return false;
  for (const std::shared_ptr<const BuiltProgram>& program : plan.session->programs()) {
    if (!program->from_source) continue;
    std::lock_guard<std::mutex> lock(program->keeping->mutex);
    if (!program->keeping->done) return true;
  }
  return false;
}

// Whether there is something of the plan to store that a driver has not finished yet.
bool NeedsRun(const PlannedModel& plan) { return !plan.has_run() && HasUnkeptPrograms(plan); }

Status RunOnZeros(const PlannedModel& plan) {
  MACE_ASSIGN_OR_RETURN(const std::vector<HostTensor> inputs, AllocateTensors(plan.inputs));
  MACE_ASSIGN_OR_RETURN(std::vector<HostTensor> outputs, AllocateTensors(plan.outputs));
  return plan.executor->Run(inputs, &outputs);
}

}  // namespace

void Engine::Impl::RunUnusedPlans() {
  for (const std::unique_ptr<PlannedModel>& plan : plans.all()) {
    if (!NeedsRun(*plan)) continue;
    const Status run = RunOnZeros(*plan);
    if (!run.ok()) Log(LogLevel::kInfo, "cache: a plan is not stored: " + run.message());
  }
}

Status Engine::Impl::KeepPrograms() {
  for (const std::unique_ptr<PlannedModel>& plan : plans.all()) {
    // A driver that is asked before the first use gives a binary without the code for it.
    if (!plan->has_run()) continue;
    MACE_RETURN_IF_ERROR(runtime->compiler()->Keep(plan->session->programs()));
  }
  return Status();
}

Status Engine::Impl::CheckWorthKeeping() const {
  for (const std::unique_ptr<PlannedModel>& plan : plans.all()) {
    if (HasUnkeptPrograms(*plan)) return runtime->store()->CheckWritable();
  }
  return Status();
}

Status Engine::Impl::Save(double begin) {
  const bool writes = runtime->store()->dirty() && !options.cache_read_only;
  MACE_RETURN_IF_ERROR(runtime->compiler()->Save());
  std::lock_guard<std::mutex> lock(report_mutex);
  if (writes) stats.cache.written_ms += MonotonicMilliseconds() - begin;
  return Status();
}

Status Engine::FinishCache() {
  if (impl_->runtime == nullptr || impl_->runtime->store() == nullptr) return Status();
  double begin = 0;
  {
    // The engine may run again while its programs are written.
    EngineTurn turn(impl_.get());
    MACE_RETURN_IF_ERROR(turn.status());
    impl_->save_failed = true;
    const Status kept = CatchExhaustion([&] {
      begin = MonotonicMilliseconds();
      MACE_RETURN_IF_ERROR(impl_->CheckWorthKeeping());
      impl_->RunUnusedPlans();
      return impl_->KeepPrograms();
    });
    if (!kept.ok()) {
      impl_->runtime->store()->IsNews(kept);  // No more, once the caller has it.
      return kept;
    }
    impl_->save_failed = false;
  }
  const Status saved = CatchExhaustion([&] { return impl_->Save(begin); });
  if (!saved.ok()) {
    impl_->save_failed = true;
    impl_->runtime->store()->IsNews(saved);  // No more, once the caller has it.
  }
  return saved;
}

bool Engine::Impl::WasUsed() const {
  if (has_run || stats.tuning.measured > 0) return true;
  for (const std::unique_ptr<PlannedModel>& plan : plans.all()) {
    if (plan->has_run()) return true;  // By an executor of a Pipeline.
  }
  return false;
}

Engine::~Engine() {
  // A forked child leaves its parent's device and file alone.
  if (impl_->runtime == nullptr || OpenClIsOfParentProcess()) return;
  if (impl_->runtime->store() == nullptr || impl_->save_failed || !impl_->WasUsed()) return;
  const Status status = CatchExhaustion([&] {
    MACE_RETURN_IF_ERROR(impl_->CheckWorthKeeping());
    if (impl_->has_run) impl_->RunUnusedPlans();
    MACE_RETURN_IF_ERROR(impl_->KeepPrograms());
    return impl_->Save(MonotonicMilliseconds());
  });
  // Several engines of one file have one store, and say once what is wrong with it.
  if (status.ok() || !impl_->runtime->store()->IsNews(status)) return;
  Log(LogLevel::kWarning, "the cache file is not written: " + status.message());
}

}  // namespace mace
