#include "mace/runtime/pipeline.h"

#include <unistd.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/memory_budget.h"
#include "mace/runtime/engine_impl.h"
#include "mace/runtime/port_types.h"

namespace mace {
namespace {

constexpr int kMostRuns = 64;

struct Job {
  std::vector<HostTensor> inputs;
  std::promise<Pipeline::Outputs> promise;
};

}  // namespace

struct Pipeline::State {
  explicit State(const Engine& engine) : inputs(engine.inputs()), outputs(engine.outputs()) {}
  // Waits for every run.
  ~State();

  Status Check(const std::vector<HostTensor>& given) const;
  Outputs RunOn(Executor* executor, const std::vector<HostTensor>& given) const;
  void Work(Executor* executor);

  const pid_t process = getpid();
  std::shared_ptr<MemoryBudget> budget;  // The engine's.
  const std::vector<Port> inputs;
  const std::vector<Port> outputs;
  std::vector<std::unique_ptr<Executor>> executors;
  std::vector<std::thread> threads;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Job> jobs;  // Not begun; at most one for each executor.
  bool ending = false;
};

Pipeline::State::~State() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    ending = true;
  }
  changed.notify_all();
  for (std::thread& thread : threads) thread.join();
}

Status Pipeline::State::Check(const std::vector<HostTensor>& given) const {
  if (given.size() != inputs.size()) {
    return InvalidArgument("expected " + std::to_string(inputs.size()) + " inputs, found " +
                           std::to_string(given.size()));
  }
  for (size_t i = 0; i < given.size(); ++i) {
    const TensorInfo& expected = inputs[i].info;
    if (given[i].has_data() && TakesType(expected.dtype, given[i].dtype()) &&
        given[i].shape() == expected.shape) {
      continue;
    }
    return InvalidArgument("input '" + inputs[i].name + "': expected " + expected.ToString() +
                           ", found " + given[i].info().ToString());
  }
  return Status();
}

Pipeline::Outputs Pipeline::State::RunOn(Executor* executor,
                                         const std::vector<HostTensor>& given) const {
  return CatchExhaustion([&]() -> Outputs {
    std::vector<TensorInfo> infos;
    for (const Port& port : outputs) infos.push_back(port.info);
    MACE_ASSIGN_OR_RETURN(std::vector<HostTensor> results, AllocateTensors(infos));
    MACE_RETURN_IF_ERROR(executor->Run(given, &results));
    return results;
  });
}

void Pipeline::State::Work(Executor* executor) {
  const ScopedMemoryBudget scope(budget);
  std::unique_lock<std::mutex> lock(mutex);
  while (true) {
    changed.wait(lock, [&] { return ending || !jobs.empty(); });
    if (jobs.empty()) return;
    Job job = std::move(jobs.front());
    jobs.pop_front();
    lock.unlock();
    changed.notify_all();
    Outputs answer = RunOn(executor, job.inputs);
    job.inputs.clear();  // Before the caller knows of the answer.
    job.promise.set_value(std::move(answer));
    lock.lock();
  }
}

Pipeline::Pipeline(std::unique_ptr<State> state) : state_(std::move(state)) {}

StatusOr<std::unique_ptr<Pipeline>> Pipeline::Create(Engine* engine, int depth) {
  if (depth < 1 || depth > kMostRuns) {
    return InvalidArgument("pipeline: expected 1 to " + std::to_string(kMostRuns) +
                           " runs at once, found " + std::to_string(depth));
  }
  auto made = std::make_unique<State>(*engine);
  State* const state = made.get();
  state->budget = engine->impl_->host_budget;
  std::unique_ptr<Pipeline> pipeline(new Pipeline(std::move(made)));
  for (int i = 0; i < depth; ++i) {
    MACE_ASSIGN_OR_RETURN(std::unique_ptr<Executor> executor, engine->NewExecutor());
    state->executors.push_back(std::move(executor));
  }
  try {
    for (const std::unique_ptr<Executor>& executor : state->executors) {
      state->threads.emplace_back(&State::Work, state, executor.get());
    }
  } catch (const std::system_error&) {
    if (state->threads.empty()) {
      return ResourceExhausted("pipeline: the system gives no thread");
    }
  }
  return pipeline;
}

Pipeline::~Pipeline() {
  // A forked child has the parent's mutex as it was, and none of the threads.
  if (state_->process != getpid()) static_cast<void>(state_.release());
}

std::future<Pipeline::Outputs> Pipeline::Submit(std::vector<HostTensor> inputs) {
  Job job;
  std::future<Outputs> future = job.promise.get_future();
  const Status status =
      state_->process == getpid()
          ? state_->Check(inputs)
          : FailedPrecondition("pipeline: process " + std::to_string(getpid()) +
                               " was forked from that of the pipeline, whose threads it lacks");
  if (!status.ok()) {
    job.promise.set_value(status);
    return future;
  }
  job.inputs = std::move(inputs);
  {
    std::unique_lock<std::mutex> lock(state_->mutex);
    state_->changed.wait(lock, [&] { return state_->jobs.size() < state_->executors.size(); });
    state_->jobs.push_back(std::move(job));
  }
  state_->changed.notify_all();
  return future;
}

}  // namespace mace
