// The states of a request: idle, busy on the caller's thread, busy on the request's own thread.
#include "mace/engine/request_state.h"

#include <new>
#include <system_error>
#include <utility>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/strings.h"

namespace mace {

StatusOr<size_t> FindSpec(const std::vector<TensorSpec>& specs, const std::string& what,
                          const std::string& name) {
  for (size_t i = 0; i < specs.size(); ++i) {
    if (specs[i].name == name) return i;
  }
  std::vector<std::string> names;
  for (const TensorSpec& spec : specs) names.push_back("'" + Printable(spec.name) + "'");
  return NotFound("the model has no " + what + " '" + Printable(name) + "': it has " +
                  (names.empty() ? "none" : Join(names, ", ")));
}

StatusOr<std::vector<bool>> FindOutputs(const Model::State& model,
                                        const std::vector<std::string>& names) {
  std::vector<bool> wanted(model.outputs.size(), names.empty());
  for (const std::string& name : names) {
    MACE_ASSIGN_OR_RETURN(const size_t index, FindSpec(model.outputs, "output", name));
    wanted[index] = true;
  }
  return wanted;
}

Status CheckIndex(const std::vector<TensorSpec>& specs, const std::string& what, size_t index) {
  if (index < specs.size()) return Status();
  return NotFound("the model has no " + what + " " + std::to_string(index) + ": it has " +
                  std::to_string(specs.size()) + ", from 0 on");
}

Request::State::State(std::shared_ptr<CompiledModel::State> compiled_model)
    : compiled(std::move(compiled_model)),
      inputs(compiled->model->inputs.size()),
      outputs(compiled->model->outputs.size()),
      given(inputs.size()),
      state_outputs(inputs.size()) {
  bindings.inputs.resize(inputs.size());
  SetPlannedOutputs(OutputSet());
}

Status Request::State::CheckIdle() {
  // This check comes before the mutex is locked: in a forked child the mutex may be locked forever.
  MACE_RETURN_IF_ERROR(compiled->CheckProcess());
  std::lock_guard<std::mutex> lock(mutex);
  if (!is_busy) return Status();
  return FailedPrecondition("request: its run is at work: wait for it, or use another request");
}

Status Request::State::Begin(std::optional<Clock::time_point> deadline) {
  MACE_RETURN_IF_ERROR(compiled->CheckProcess());
  std::lock_guard<std::mutex> lock(mutex);
  if (is_busy) {
    return FailedPrecondition("request: its run is at work: wait for it, or use another request");
  }
  is_busy = true;
  cancellation.Restart(deadline);
  return Status();
}

void Request::State::End(const Status& status) {
  {
    std::lock_guard<std::mutex> lock(mutex);
    is_busy = false;
    last = status;
  }
  changed.notify_all();
}

Status Request::State::RunOnThisThread(std::optional<Clock::time_point> deadline) {
  MACE_RETURN_IF_ERROR(Begin(deadline));
  const Status status = RunNow();
  End(status);
  return status;
}

Status Request::State::Start(const std::shared_ptr<State>& self, Done when_done) {
  if (process != getpid()) {
    return FailedPrecondition("request: its thread belongs to the parent process");
  }
  MACE_RETURN_IF_ERROR(Begin(std::nullopt));
  Status status;
  {
    std::lock_guard<std::mutex> lock(mutex);
    try {
      if (!worker.joinable()) worker = std::thread([self] { self->Work(); });
      has_job = true;
      done = std::move(when_done);
    } catch (const std::system_error&) {
      status = ResourceExhausted("request: the system gives no thread");
    } catch (const std::bad_alloc&) {
      status = OutOfMemory();
    }
  }
  if (!status.ok()) End(status);
  changed.notify_all();
  return status;
}

void Request::State::Work() {
  std::unique_lock<std::mutex> lock(mutex);
  while (true) {
    changed.wait(lock, [&] { return has_job || is_ending; });
    if (!has_job) return;
    has_job = false;
    const Done when_done = std::exchange(done, nullptr);
    lock.unlock();
    const Status status = RunNow();
    lock.lock();
    is_busy = false;
    last = status;
    if (when_done) {
      is_calling_done = true;
      lock.unlock();
      when_done(status);
      lock.lock();
      is_calling_done = false;
    }
    changed.notify_all();
  }
}

Status Request::State::Wait(std::optional<Clock::time_point> until) {
  if (process != getpid()) return CheckIdle();
  std::unique_lock<std::mutex> lock(mutex);
  if (worker.get_id() == std::this_thread::get_id()) {
    if (!is_busy) return last;
    return FailedPrecondition("request: Wait was called on the thread of the run");
  }
  const auto is_over = [&] { return !is_busy && !is_calling_done; };
  if (!until.has_value()) {
    changed.wait(lock, is_over);
  } else if (!changed.wait_until(lock, *until, is_over)) {
    return DeadlineExceeded("request: its run is still at work");
  }
  return last;
}

void Request::State::Finish() {
  if (process != getpid()) {
    new std::thread(std::move(worker));  // A forked child lacks this thread and must not join it.
    return;
  }
  cancellation.Cancel();
  {
    std::unique_lock<std::mutex> lock(mutex);
    is_ending = true;
    has_job = false;
  }
  changed.notify_all();
  if (!worker.joinable()) return;
  if (worker.get_id() == std::this_thread::get_id()) {
    worker.detach();  // The request is destroyed by its own `done`; the thread keeps the state.
  } else {
    worker.join();
  }
}

}  // namespace mace
