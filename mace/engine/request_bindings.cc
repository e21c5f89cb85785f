// Runs whose inputs or outputs are in OpenCL buffers or whose outputs are left out, and the events
// around such runs.
#include <algorithm>
#include <utility>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/log.h"
#include "mace/base/strings.h"
#include "mace/engine/request_state.h"
#include "mace/engine/tensor_access.h"

namespace mace {
namespace {

// A tensor whose elements are in an OpenCL buffer, or are not wanted.
HostTensor WithoutElements(const TensorInfo& info) {
  return HostTensor::View(info, Bytes(), nullptr);
}

Status CheckHasDevice(const CompiledModel::State& compiled) {
  if (compiled.runtime != nullptr) return Status();
  return FailedPrecondition("OpenCL event: expected a model that is compiled for a device, found " +
                            std::string("one for \"cpu\""));
}

}  // namespace

void Request::State::SetPlannedOutputs(OutputSet planned) {
  std::vector<size_t> indices = IndicesOf(planned, outputs.size());
  results.resize(indices.size());
  bindings.outputs.resize(indices.size());
  bindings.left_out.resize(indices.size());
  last_plan.reset();
  planned_outputs = std::move(planned);
  output_of_plan = std::move(indices);
}

Status Request::State::SelectOutputs(const std::vector<bool>& wanted) {
  MACE_RETURN_IF_ERROR(CheckIdle());
  for (size_t i = 0; i < outputs.size(); ++i) outputs[i].is_wanted = wanted[i];
  PlanOutputs();
  return Status();
}

Status Request::State::SetWaitEvents(const std::vector<void*>& events) {
  MACE_RETURN_IF_ERROR(CheckIdle());
  MACE_RETURN_IF_ERROR(CheckHasDevice(*compiled));
  std::vector<ClEventHandle> retained;
  for (void* const event : events) {
    MACE_ASSIGN_OR_RETURN(ClEventHandle handle, RetainEvent(event, *compiled->runtime->device()));
    retained.push_back(std::move(handle));
  }
  wait_events = std::move(retained);
  return Status();
}

Status Request::State::SetSignalEvent(void* user_event) {
  MACE_RETURN_IF_ERROR(CheckIdle());
  MACE_RETURN_IF_ERROR(CheckHasDevice(*compiled));
  if (user_event == nullptr) {
    signal = ClEventHandle();
    return Status();
  }
  MACE_ASSIGN_OR_RETURN(signal, RetainUserEvent(user_event, *compiled->runtime->device()));
  return Status();
}

void Request::State::EndEvents(bool succeeded) {
  wait_events.clear();
  for (ClBufferPart& input : bindings.inputs) input = ClBufferPart();
  for (ClBufferPart& output : bindings.outputs) output = ClBufferPart();
  const ClEventHandle event = std::exchange(signal, ClEventHandle());
  if (!event) return;
  const Status signalled = CatchExhaustion([&] { return Signal(event, succeeded); });
  if (signalled.ok()) return;
  static_cast<void>(CatchExhaustion([&] {
    Log(LogLevel::kWarning, "the event of a request is not signalled: " + signalled.message());
    return Status();
  }));
}

bool Request::State::HasBindings() const {
  const auto is_borrowed = [](const Output& output) { return output.is_borrowed; };
  const auto is_in_buffer = [](const Tensor& tensor) {
    return !TensorAccess::BufferOf(tensor).empty();
  };
  return std::any_of(outputs.begin(), outputs.end(), is_borrowed) ||
         std::any_of(inputs.begin(), inputs.end(), is_in_buffer);
}

StatusOr<HostTensor> Request::State::PlaceInBuffer(const PlannedModel& model, size_t index) {
  const TensorInfo& info = model.outputs[index];
  Output& output = outputs[output_of_plan[index]];
  if (bindings.left_out[index]) return WithoutElements(info);
  const TensorInfo& found = TensorAccess::ToHost(output.set).info();
  if (found != info) {
    const std::string& name = compiled->model->outputs[output_of_plan[index]].name;
    return InvalidArgument("output '" + Printable(name) + "': expected an OpenCL buffer of " +
                           info.ToString() + ", found " + found.ToString());
  }
  output.is_in_set = true;
  if (!model.executor->GivesBuffer(index, info.dtype)) return HostTensor::Allocate(info);
  bindings.outputs[index] = TensorAccess::BufferOf(output.set);
  return WithoutElements(info);
}

StatusOr<ClQueue*> Request::State::TransferQueue() {
  if (!queue.has_value()) {
    MACE_ASSIGN_OR_RETURN(queue, ClQueue::Create(compiled->runtime->device(), false));
  }
  return &*queue;
}

StatusOr<HostTensor> Request::State::CopyToHost(const Tensor& tensor, const std::string& name) {
  MACE_ASSIGN_OR_RETURN(ClQueue* const through, TransferQueue());
  MACE_ASSIGN_OR_RETURN(HostTensor host, HostTensor::Allocate(TensorAccess::ToHost(tensor).info()));
  const MutableBytes to(host.mutable_data<uint8_t>(), host.info().bytes());
  MACE_RETURN_IF_ERROR(through->Read(TensorAccess::BufferOf(tensor), to, name));
  return host;
}

StatusOr<std::vector<HostTensor>> Request::State::FetchInputs(const Executor& executor) {
  std::vector<HostTensor> fetched = given;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const ClBufferPart& buffer = TensorAccess::BufferOf(inputs[i]);
    bindings.inputs[i] = ClBufferPart();
    if (buffer.empty()) continue;
    if (executor.TakesBuffer(i, given[i].dtype())) {
      bindings.inputs[i] = buffer;
      continue;
    }
    MACE_ASSIGN_OR_RETURN(fetched[i], CopyToHost(inputs[i], compiled->model->inputs[i].name));
  }
  return fetched;
}

// Copies the outputs that the executor made on the host into the caller's OpenCL buffers.
Status Request::State::WriteBuffers(const Executor& executor) {
  for (size_t k = 0; k < results.size(); ++k) {
    const Output& output = outputs[output_of_plan[k]];
    const bool is_on_host =
        output.is_borrowed && output.is_in_set && !executor.GivesBuffer(k, results[k].dtype());
    if (!is_on_host) continue;
    MACE_ASSIGN_OR_RETURN(ClQueue* const through, TransferQueue());
    MACE_RETURN_IF_ERROR(through->Write(TensorAccess::BufferOf(output.set), results[k].bytes(),
                                        compiled->model->outputs[output_of_plan[k]].name));
  }
  return Status();
}

Status Request::State::RunWithBindings(SharedPlan* plan) {
  const Executor& executor = *plan->model().executor;
  MACE_ASSIGN_OR_RETURN(const std::vector<HostTensor> fetched, FetchInputs(executor));
  MACE_RETURN_IF_ERROR(compiled->Run(plan, fetched, &results, nullptr, &bindings));
  return WriteBuffers(executor);
}

}  // namespace mace
