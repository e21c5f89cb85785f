// One run, from the tensors that Set takes to the tensors that Get gives.
#include "mace/api/request.h"

#include <algorithm>
#include <utility>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/clock.h"
#include "mace/base/strings.h"
#include "mace/cl/event_wait.h"
#include "mace/engine/request_state.h"
#include "mace/engine/tensor_access.h"
#include "mace/execute/io_types.h"

namespace mace {
namespace {

Status NoRequest() {
  return FailedPrecondition("request: expected one that NewRequest made, found none");
}

std::string DescribeTensor(const Tensor& tensor) {
  TensorSpec spec;
  spec.dtype = tensor.dtype();
  spec.dims = tensor.dims();
  return spec.ToString();
}

Status CheckInput(const TensorSpec& spec, const Tensor& tensor) {
  const std::string who = "input '" + Printable(spec.name) + "'";
  if (!tensor.status().ok()) return tensor.status().WithPrefix(who);
  if (!tensor.empty() && TakesType(spec.dtype, tensor.dtype()) &&
      tensor.dims().size() == spec.dims.size()) {
    return Status();
  }
  return InvalidArgument(who + ": expected " + spec.ToString() + ", found " +
                         (tensor.empty() ? "no tensor" : DescribeTensor(tensor)));
}

Status CheckOutput(const TensorSpec& spec, const Tensor& tensor) {
  const std::string who = "output '" + Printable(spec.name) + "'";
  if (!tensor.status().ok()) return tensor.status().WithPrefix(who);
  if (tensor.empty() || !TensorAccess::BufferOf(tensor).empty()) return Status();
  const HostTensor& host = TensorAccess::ToHost(tensor);
  if (!host.is_writable()) {
    return InvalidArgument(who +
                           ": expected a tensor that may be written, found a view of memory "
                           "that is somebody else's");
  }
  const size_t size = DTypeSize(tensor.dtype());
  if (reinterpret_cast<uintptr_t>(tensor.data()) % size != 0) {
    return InvalidArgument(who + ": expected memory aligned for " + DTypeName(tensor.dtype()) +
                           ", found an address that is not");
  }
  return Status();
}

// kInvalidArgument if a tensor in an OpenCL buffer cannot be used with the model.
Status CheckBuffer(const CompiledModel::State& compiled, const std::string& who,
                   const Tensor& tensor) {
  const ClBufferPart& buffer = TensorAccess::BufferOf(tensor);
  if (buffer.empty()) return Status();
  if (compiled.runtime == nullptr) {
    return InvalidArgument(who +
                           ": expected a tensor in host memory for the device \"cpu\", found an "
                           "OpenCL buffer");
  }
  return buffer.CheckContext(*compiled.runtime->device()).WithPrefix(who);
}

// Calls `call` with the state and gives its result; kFailedPrecondition if there is no state. An
// error message needs memory, too, so exceptions are caught here.
template <typename Call>
auto OnState(const std::shared_ptr<Request::State>& state, const Call& call)
    -> decltype(call(state.get())) {
  return CatchExhaustion([&]() -> decltype(call(state.get())) {
    if (state == nullptr) return NoRequest();
    return call(state.get());
  });
}

// The moment that is `limit` from now, or a hundred years from now if the clock cannot count so
// far.
Request::State::Clock::time_point After(std::chrono::milliseconds limit) {
  constexpr std::chrono::milliseconds kLongest = std::chrono::hours(24 * 365 * 100);
  return Request::State::Clock::now() + std::clamp(limit, std::chrono::milliseconds(0), kLongest);
}

}  // namespace

Status Request::State::CheckInputsAreSet() const {
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].empty()) continue;
    return FailedPrecondition("input '" + Printable(compiled->model->inputs[i].name) +
                              "' is not set");
  }
  return Status();
}

// Each output goes into the caller's tensor if this tensor fits, else into the tensor of an earlier
// run, else into a new one.
Status Request::State::PlaceResults(const PlannedModel& model) {
  for (Output& output : outputs) {
    output.is_given = output.is_wanted;
    output.is_in_set = output.is_borrowed = output.is_in_state = false;
  }
  for (size_t k = 0; k < model.outputs.size(); ++k) {
    const TensorInfo& info = model.outputs[k];
    const auto fits = [&](const Tensor& tensor) {
      return !tensor.empty() && TensorAccess::ToHost(tensor).info() == info &&
             TensorAccess::IsForWriting(tensor);
    };
    Output& output = outputs[output_of_plan[k]];
    const bool is_state = IsBoundToInput(output_of_plan[k]);
    bindings.left_out[k] = !output.is_wanted && !is_state && model.executor->LeavesOut(k);
    if (is_state) {
      MACE_ASSIGN_OR_RETURN(const bool is_placed, PlaceInState(model, k));
      if (is_placed) continue;
    }
    if (bindings.left_out[k] || (output.is_wanted && !TensorAccess::BufferOf(output.set).empty())) {
      output.is_borrowed = true;
      MACE_ASSIGN_OR_RETURN(results[k], PlaceInBuffer(model, k));
      continue;
    }
    output.is_in_set = output.is_wanted && fits(output.set);
    if (output.is_in_set) {
      results[k] = std::move(output.set_host);
      continue;
    }
    if (!fits(output.own)) {
      MACE_ASSIGN_OR_RETURN(HostTensor made, HostTensor::Allocate(info));
      output.own = TensorAccess::FromHost(std::move(made));
    }
    results[k] = TensorAccess::Take(&output.own);
  }
  return Status();
}

void Request::State::PutBackResults() {
  for (size_t k = 0; k < results.size(); ++k) {
    if (results[k].dtype() == DType::kInvalid) continue;  // The run failed earlier.
    Output& output = outputs[output_of_plan[k]];
    if (output.is_in_set && !output.is_borrowed) {
      output.set_host = std::move(results[k]);
    } else if (!output.is_borrowed) {
      TensorAccess::PutBack(std::move(results[k]), &output.own);
    }
    results[k] = HostTensor();
  }
}

Status Request::State::RunPlan() {
  MACE_RETURN_IF_ERROR(CheckInputsAreSet());
  MACE_RETURN_IF_ERROR(CheckCancelled());
  if (compiled->model->run_values != nullptr) return RunStages();
  MACE_ASSIGN_OR_RETURN(const PlanTable::Found found,
                        compiled->PlanFor(given, planned_outputs, &last_plan));
  statistics.made_plan = found.was_made;
  MACE_RETURN_IF_ERROR(PlaceResults(found.plan->model()));
  MACE_RETURN_IF_ERROR(WaitForEvents(wait_events));
  if (HasBindings()) return RunWithBindings(found.plan.get());
  const Status status = compiled->Run(found.plan.get(), given, &results);
  if (status.ok() || !compiled->NeedsWideIntegers(*found.plan)) return status;
  PutBackResults();
  const StatusOr<PlanTable::Found> wide = compiled->PlanFor(given, planned_outputs, &last_plan);
  if (!wide.ok()) return status;
  MACE_RETURN_IF_ERROR(PlaceResults(wide->plan->model()));
  return compiled->Run(wide->plan.get(), given, &results);
}

Status Request::State::RunNow() {
  has_results = false;
  const double begin = MonotonicMilliseconds();
  const ScopedMemoryBudget budget(compiled->host_budget);
  const ScopedCancellation scope(&cancellation);
  const Status status = CatchExhaustion([&] { return RunPlan(); });
  PutBackResults();
  EndEvents(status.ok());
  if (!status.ok()) return status;
  MACE_RETURN_IF_ERROR(CatchExhaustion([&] { return CarryStates(); }));
  statistics.latency_ms = MonotonicMilliseconds() - begin;
  has_results = true;
  return status;
}

Request::Request() = default;
Request::Request(std::shared_ptr<State> state) : state_(std::move(state)) {}
Request::~Request() {
  if (state_ != nullptr) state_->Finish();
}
Request::Request(Request&&) noexcept = default;
Request& Request::operator=(Request&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

Status Request::Set(const std::string& name, Tensor tensor) {
  return OnState(state_, [&](State* state) -> Status {
    MACE_ASSIGN_OR_RETURN(const size_t index,
                          FindSpec(state->compiled->model->inputs, "input", name));
    return Set(index, std::move(tensor));
  });
}

Status Request::Set(size_t index, Tensor tensor) {
  return OnState(state_, [&](State* state) -> Status {
    const std::vector<TensorSpec>& specs = state->compiled->model->inputs;
    MACE_RETURN_IF_ERROR(CheckIndex(specs, "input", index));
    MACE_RETURN_IF_ERROR(CheckInput(specs[index], tensor));
    MACE_RETURN_IF_ERROR(state->CheckIdle());
    MACE_RETURN_IF_ERROR(
        CheckBuffer(*state->compiled, "input '" + Printable(specs[index].name) + "'", tensor));
    state->given[index] = TensorAccess::ToHost(tensor);
    state->inputs[index] = std::move(tensor);
    return Status();
  });
}

Status Request::SetOutput(const std::string& name, Tensor tensor) {
  return OnState(state_, [&](State* state) -> Status {
    MACE_ASSIGN_OR_RETURN(const size_t index,
                          FindSpec(state->compiled->model->outputs, "output", name));
    return SetOutput(index, std::move(tensor));
  });
}

Status Request::SetOutput(size_t index, Tensor tensor) {
  return OnState(state_, [&](State* state) -> Status {
    const std::vector<TensorSpec>& specs = state->compiled->model->outputs;
    MACE_RETURN_IF_ERROR(CheckIndex(specs, "output", index));
    MACE_RETURN_IF_ERROR(CheckOutput(specs[index], tensor));
    MACE_RETURN_IF_ERROR(state->CheckIdle());
    MACE_RETURN_IF_ERROR(
        CheckBuffer(*state->compiled, "output '" + Printable(specs[index].name) + "'", tensor));
    if (state->IsBoundToInput(index) && !tensor.empty()) {
      return FailedPrecondition("output '" + Printable(specs[index].name) +
                                "': expected one that is not bound to an input (BindState)");
    }
    State::Output& output = state->outputs[index];
    output.set_host = tensor.empty() ? HostTensor() : TensorAccess::ToHost(tensor);
    output.set = std::move(tensor);
    return Status();
  });
}

Status Request::BindState(const std::string& output, const std::string& input) {
  return OnState(state_, [&](State* state) -> Status {
    const Model::State& model = *state->compiled->model;
    MACE_ASSIGN_OR_RETURN(const size_t from, FindSpec(model.outputs, "output", output));
    MACE_ASSIGN_OR_RETURN(const size_t to, FindSpec(model.inputs, "input", input));
    return state->BindState(from, to);
  });
}

Status Request::BindState(size_t output, size_t input) {
  return OnState(state_, [&](State* state) -> Status {
    MACE_RETURN_IF_ERROR(CheckIndex(state->compiled->model->outputs, "output", output));
    MACE_RETURN_IF_ERROR(CheckIndex(state->compiled->model->inputs, "input", input));
    return state->BindState(output, input);
  });
}

Status Request::ClearStates() {
  return OnState(state_, [](State* state) { return state->ClearStates(); });
}

Status Request::SelectOutputs(const std::vector<std::string>& names) {
  return OnState(state_, [&](State* state) -> Status {
    MACE_ASSIGN_OR_RETURN(const std::vector<bool> wanted,
                          FindOutputs(*state->compiled->model, names));
    return state->SelectOutputs(wanted);
  });
}

Status Request::SelectOutputsAt(const std::vector<size_t>& indices) {
  return OnState(state_, [&](State* state) -> Status {
    const std::vector<TensorSpec>& specs = state->compiled->model->outputs;
    std::vector<bool> wanted(specs.size(), indices.empty());
    for (const size_t index : indices) {
      MACE_RETURN_IF_ERROR(CheckIndex(specs, "output", index));
      wanted[index] = true;
    }
    return state->SelectOutputs(wanted);
  });
}

Status Request::SetWaitEvents(const std::vector<void*>& events) {
  return OnState(state_, [&](State* state) { return state->SetWaitEvents(events); });
}

Status Request::SetSignalEvent(void* user_event) {
  return OnState(state_, [&](State* state) { return state->SetSignalEvent(user_event); });
}

Status Request::Run() {
  return OnState(state_, [](State* state) { return state->RunOnThisThread(std::nullopt); });
}

Status Request::Run(std::chrono::milliseconds limit) {
  return OnState(state_, [&](State* state) { return state->RunOnThisThread(After(limit)); });
}

Status Request::Start(std::function<void(const Status&)> done) {
  // Keeps the state: `done` may destroy the request before Start returns.
  const std::shared_ptr<State> held = state_;
  return OnState(held, [&](State* state) { return state->Start(held, std::move(done)); });
}

Status Request::Wait() {
  return OnState(state_, [](State* state) { return state->Wait(std::nullopt); });
}

Status Request::Wait(std::chrono::milliseconds limit) {
  return OnState(state_, [&](State* state) { return state->Wait(After(limit)); });
}

void Request::Cancel() {
  if (state_ != nullptr) state_->cancellation.Cancel();
}

StatusOr<Tensor> Request::Get(const std::string& name) const {
  return OnState(state_, [&](State* state) -> StatusOr<Tensor> {
    MACE_ASSIGN_OR_RETURN(const size_t index,
                          FindSpec(state->compiled->model->outputs, "output", name));
    return Get(index);
  });
}

StatusOr<Tensor> Request::Get(size_t index) const {
  return OnState(state_, [&](State* state) -> StatusOr<Tensor> {
    MACE_RETURN_IF_ERROR(CheckIndex(state->compiled->model->outputs, "output", index));
    MACE_RETURN_IF_ERROR(state->CheckIdle());
    if (!state->has_results) {
      return FailedPrecondition("request: no run has succeeded since the last one began");
    }
    const State::Output& output = state->outputs[index];
    if (!output.is_given) {
      return FailedPrecondition("output '" +
                                Printable(state->compiled->model->outputs[index].name) +
                                "': the last run did not give it (SelectOutputs)");
    }
    if (output.is_in_state) return state->FetchState(index);
    return output.is_in_set ? output.set : output.own;
  });
}

RunStatistics Request::statistics() const {
  if (state_ == nullptr || !state_->CheckIdle().ok()) return RunStatistics();
  return state_->statistics;
}

}  // namespace mace
