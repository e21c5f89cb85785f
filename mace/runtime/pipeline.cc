#include "mace/runtime/pipeline.h"

#include <string>
#include <system_error>
#include <utility>

namespace mace {
namespace {

constexpr int kMostRuns = 64;

}  // namespace

StatusOr<std::unique_ptr<Pipeline>> Pipeline::Create(Engine* engine, int depth) {
  if (depth < 1 || depth > kMostRuns) {
    return InvalidArgument("pipeline: expected 1 to " + std::to_string(kMostRuns) +
                           " runs at once, found " + std::to_string(depth));
  }
  std::unique_ptr<Pipeline> pipeline(new Pipeline(*engine));
  for (int i = 0; i < depth; ++i) {
    MACE_ASSIGN_OR_RETURN(std::unique_ptr<Executor> executor, engine->NewExecutor());
    pipeline->executors_.push_back(std::move(executor));
  }
  try {
    for (const std::unique_ptr<Executor>& executor : pipeline->executors_) {
      pipeline->threads_.emplace_back(&Pipeline::Work, pipeline.get(), executor.get());
    }
  } catch (const std::system_error&) {
    if (pipeline->threads_.empty()) return DeviceError("pipeline: the system gives no thread");
  }
  return pipeline;
}

Pipeline::~Pipeline() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

Status Pipeline::Check(const std::vector<HostTensor>& inputs) const {
  if (inputs.size() != inputs_.size()) {
    return InvalidArgument("expected " + std::to_string(inputs_.size()) + " inputs, found " +
                           std::to_string(inputs.size()));
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    const TensorInfo& expected = inputs_[i].info;
    if (inputs[i].has_data() && inputs[i].dtype() == expected.dtype &&
        inputs[i].shape() == expected.shape) {
      continue;
    }
    return InvalidArgument("input '" + inputs_[i].name + "': expected " +
                           DTypeName(expected.dtype) + expected.shape.ToString() + ", found " +
                           DTypeName(inputs[i].dtype()) + inputs[i].shape().ToString());
  }
  return Status();
}

std::future<Pipeline::Outputs> Pipeline::Submit(std::vector<HostTensor> inputs) {
  Job job;
  std::future<Outputs> future = job.promise.get_future();
  const Status status = Check(inputs);
  if (!status.ok()) {
    job.promise.set_value(status);
    return future;
  }
  job.inputs = std::move(inputs);
  {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return jobs_.size() < executors_.size(); });
    jobs_.push_back(std::move(job));
  }
  changed_.notify_all();
  return future;
}

Pipeline::Outputs Pipeline::RunOn(Executor* executor, const std::vector<HostTensor>& inputs) const {
  std::vector<TensorInfo> infos;
  for (const Port& port : outputs_) infos.push_back(port.info);
  MACE_ASSIGN_OR_RETURN(std::vector<HostTensor> outputs, AllocateTensors(infos));
  MACE_RETURN_IF_ERROR(executor->Run(inputs, &outputs));
  return outputs;
}

void Pipeline::Work(Executor* executor) {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return ending_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    changed_.notify_all();
    job.promise.set_value(RunOn(executor, job.inputs));
    lock.lock();
  }
}

}  // namespace mace
