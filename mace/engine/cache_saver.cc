#include "mace/engine/cache_saver.h"

#include <unistd.h>

#include <system_error>
#include <utility>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/clock.h"
#include "mace/base/log.h"
#include "mace/cache/driver_records.h"
#include "mace/cl/cache_layer.h"
#include "mace/execute/session.h"

namespace mace {
namespace {

// Evicted plans leave at most so many bytes of programs in memory, to be written to the file later.
constexpr size_t kMaxUnsavedBytes = size_t{16} << 20;

// Whether the plan has programs that must be fetched from the driver, which is slow.
bool HasUnsavedPrograms(const PlannedModel& plan) {
  if (plan.session == nullptr) return false;
  for (const std::shared_ptr<const BuiltProgram>& program : plan.session->programs()) {
    if (!program->from_source) continue;
    std::lock_guard<std::mutex> lock(program->keeping->mutex);
    if (!program->keeping->done) return true;
  }
  return false;
}

Status RunOnZeros(SharedPlan* plan) {
  MACE_ASSIGN_OR_RETURN(const SharedPlan::Lease executor, plan->Take());
  MACE_ASSIGN_OR_RETURN(const std::vector<HostTensor> inputs,
                        AllocateTensors(plan->model().inputs));
  MACE_ASSIGN_OR_RETURN(std::vector<HostTensor> outputs, AllocateTensors(plan->model().outputs));
  return executor->Run(inputs, &outputs);
}

}  // namespace

CacheSaver::CacheSaver(std::shared_ptr<Runtime> runtime, const PlanTable* plans)
    : runtime_(std::move(runtime)), plans_(plans), process_(getpid()) {}

CacheSaver::~CacheSaver() {
  if (getpid() != process_) {
    new std::thread(std::move(thread_));  // A forked child lacks this thread and must not join it.
    return;
  }
  if (thread_.joinable()) thread_.join();
}

// Fetches new programs from the driver if the file can be written at all.
Status CacheSaver::Collect(bool run_unused) {
  for (const std::shared_ptr<SharedPlan>& plan : plans_->All()) {
    if (!HasUnsavedPrograms(plan->model())) continue;
    MACE_RETURN_IF_ERROR(runtime_->store()->CheckWritable());
    if (run_unused && !plan->model().has_run()) {
      const Status run = RunOnZeros(plan.get());
      if (!run.ok()) Log(LogLevel::kInfo, "cache: a plan is not stored: " + run.message());
    }
    // Before a program's first run, some drivers give a binary without machine code.
    if (!plan->model().has_run()) continue;
    MACE_RETURN_IF_ERROR(runtime_->compiler()->Keep(plan->model().session->programs()));
  }
  return Status();
}

Status CacheSaver::Save(bool run_unused) {
  std::lock_guard<std::mutex> save_lock(save_mutex_);
  const double begin = MonotonicMilliseconds();
  bool writes = false;
  const Status status = CatchExhaustion([&] {
    MACE_RETURN_IF_ERROR(Collect(run_unused));
    // A warm start neither waits for another process nor complains of it.
    if (HasAddedOnlyProofs(*runtime_->store())) {
      writes = runtime_->store()->TryFlush().ok();
      return StoreLayerPrograms();
    }
    writes = runtime_->store()->dirty();
    return runtime_->compiler()->Save();
  });
  if (!status.ok()) {
    // A failure here only means that the programs are fetched once more.
    static_cast<void>(CatchExhaustion([&] {
      runtime_->store()->IsNews(status);
      return Status();
    }));
    return status;
  }
  std::lock_guard<std::mutex> lock(mutex_);
  if (writes) written_ms_ += MonotonicMilliseconds() - begin;
  return status;
}

void CacheSaver::Work() {
  while (true) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (!is_wanted_) {
        is_working_ = false;
        return;
      }
      is_wanted_ = false;
    }
    const Status status = Save(false);
    if (status.ok()) continue;
    static_cast<void>(CatchExhaustion([&] {
      Log(LogLevel::kWarning, "the cache file is not written: " + status.message());
      return Status();
    }));
  }
}

void CacheSaver::SaveInBackground() {
  std::lock_guard<std::mutex> lock(mutex_);
  is_wanted_ = true;
  if (is_working_) return;
  if (thread_.joinable()) thread_.join();  // The thread has left its loop.
  try {
    thread_ = std::thread([this] { Work(); });
    is_working_ = true;
  } catch (const std::system_error&) {
    Log(LogLevel::kInfo, "cache: the system gives no thread to write the file with");
  }
}

void CacheSaver::Retire(const PlanTable::Plans& plans) {
  for (const std::shared_ptr<SharedPlan>& plan : plans) {
    if (!plan->model().has_run()) continue;
    const Status kept = runtime_->compiler()->Keep(plan->model().session->programs());
    if (!kept.ok()) Log(LogLevel::kWarning, "cache: a program is lost: " + kept.message());
  }
  if (runtime_->store()->unwritten_bytes() <= kMaxUnsavedBytes) return;
  const Status saved = runtime_->store()->TryFlush();
  if (!saved.ok()) Log(LogLevel::kInfo, "cache: programs are written later: " + saved.message());
}

double CacheSaver::written_ms() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return written_ms_;
}

}  // namespace mace
