// Outputs that are bound to inputs: the results of a run become tensors of the next run.
#include <algorithm>
#include <utility>

#include "mace/base/strings.h"
#include "mace/engine/request_state.h"
#include "mace/engine/tensor_access.h"

namespace mace {
namespace {

// Whether the model says which dims an output has, before a run.
bool HasKnownDims(const Graph& graph, size_t output) {
  const IoInfo& io = graph.outputs[output];
  return io.declared_dims.has_value() || graph.value(io.value).shape_known;
}

// Whether a tensor of the output can be one of the input, as far as their dims are known.
bool CanCarry(const TensorSpec& output, const TensorSpec& input) {
  if (output.dtype != input.dtype || output.dims.size() != input.dims.size()) return false;
  for (size_t axis = 0; axis < input.dims.size(); ++axis) {
    const int64_t from = output.dims[axis], to = input.dims[axis];
    if (from >= 0 && to >= 0 && from != to) return false;
  }
  return true;
}

StatusOr<Tensor> AllocateOnDevice(const ClDevice& device, const TensorInfo& info,
                                  const std::string& name) {
  MACE_ASSIGN_OR_RETURN(const ClMemory memory,
                        ClMemory::CreateBuffer(device, info.bytes(), "state '" + name + "'"));
  Tensor tensor = Tensor::OpenCl(info.dtype, {memory.get(), 0, info.bytes()}, info.shape.dims());
  MACE_RETURN_IF_ERROR(tensor.status());
  return tensor;
}

// Whether both are in the same device memory.
bool ShareMemory(const Tensor& a, const Tensor& b) {
  const ClBufferPart& part = TensorAccess::BufferOf(a);
  return !part.empty() && part.get() == TensorAccess::BufferOf(b).get();
}

}  // namespace

bool Request::State::IsBoundToInput(size_t output) const {
  return std::find(state_outputs.begin(), state_outputs.end(), output) != state_outputs.end();
}

void Request::State::PlanOutputs() {
  std::vector<bool> needed(outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) {
    needed[i] = outputs[i].is_wanted || IsBoundToInput(i);
  }
  // Stages are planned for all outputs.
  const bool has_stages = compiled->model->run_values != nullptr;
  OutputSet planned = has_stages ? OutputSet() : OutputsToPlan(*compiled->model->graph, needed);
  if (planned != planned_outputs) SetPlannedOutputs(std::move(planned));
}

Status Request::State::BindState(size_t output, size_t input) {
  MACE_RETURN_IF_ERROR(CheckIdle());
  const TensorSpec& from = compiled->model->outputs[output];
  const TensorSpec& to = compiled->model->inputs[input];
  const std::string who = "state: output '" + Printable(from.name) + "'";
  const bool has_stages = compiled->model->run_values != nullptr;
  const bool is_known = !has_stages && HasKnownDims(*compiled->model->graph, output);
  if (is_known && !CanCarry(from, to)) {
    return InvalidArgument(who + ": expected " + to.ToString() + " for input '" +
                           Printable(to.name) + "', found " + from.ToString());
  }
  if (!outputs[output].set.empty()) {
    return FailedPrecondition(who + ": expected one without a tensor of SetOutput");
  }
  state_outputs[input] = output;
  PlanOutputs();
  return Status();
}

Status Request::State::ClearStates() {
  MACE_RETURN_IF_ERROR(CheckIdle());
  std::fill(state_outputs.begin(), state_outputs.end(), std::nullopt);
  for (Output& output : outputs) output.next_state = StateMemory();
  PlanOutputs();
  return Status();
}

StatusOr<bool> Request::State::PlaceInState(const PlannedModel& model, size_t index) {
  const TensorInfo& info = model.outputs[index];
  if (compiled->runtime == nullptr || info.bytes() == 0) return false;
  if (!model.executor->GivesBuffer(index, info.dtype)) return false;
  Output& output = outputs[output_of_plan[index]];
  Tensor& next = output.next_state.tensor;
  // An input has the memory, still, if Set or BindState came between.
  const bool is_read = std::any_of(inputs.begin(), inputs.end(),
                                   [&](const Tensor& input) { return ShareMemory(input, next); });
  if (next.empty() || is_read || TensorAccess::ToHost(next).info() != info) {
    output.next_state = StateMemory();
    MACE_ASSIGN_OR_RETURN(
        next, AllocateOnDevice(*compiled->runtime->device(), info,
                               Printable(compiled->model->outputs[output_of_plan[index]].name)));
    output.next_state.bytes = CountedBytes(compiled->device_bytes, info.bytes());
  }
  output.is_borrowed = output.is_in_state = true;
  bindings.outputs[index] = TensorAccess::BufferOf(next);
  results[index] = HostTensor::View(info, Bytes(), nullptr);
  return true;
}

Status Request::State::CarryStates() {
  const auto is_bound = [](const std::optional<size_t>& output) { return output.has_value(); };
  if (std::none_of(state_outputs.begin(), state_outputs.end(), is_bound)) return Status();
  std::vector<Tensor> next_inputs = inputs;
  std::vector<HostTensor> next_given = given;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!state_outputs[i].has_value()) continue;
    const Output& output = outputs[*state_outputs[i]];
    next_inputs[i] = output.is_in_state ? output.next_state.tensor : output.own;
    next_given[i] = TensorAccess::ToHost(next_inputs[i]);
  }
  inputs.swap(next_inputs);
  given.swap(next_given);
  for (Output& output : outputs) {
    if (output.is_in_state) std::swap(output.state, output.next_state);
  }
  return Status();
}

StatusOr<Tensor> Request::State::FetchState(size_t output) {
  MACE_ASSIGN_OR_RETURN(
      HostTensor host,
      CopyToHost(outputs[output].state.tensor, Printable(compiled->model->outputs[output].name)));
  return TensorAccess::FromHost(std::move(host));
}

}  // namespace mace
