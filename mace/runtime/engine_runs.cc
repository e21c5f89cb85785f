// The runs of an engine.
#include <optional>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/log.h"
#include "mace/base/start_trace.h"
#include "mace/runtime/engine_impl.h"
#include "mace/runtime/half_range.h"

namespace mace {
namespace {

bool IsAligned(const HostTensor& tensor) {
  const size_t size = DTypeSize(tensor.dtype());
  return size == 0 || reinterpret_cast<uintptr_t>(tensor.bytes().data()) % size == 0;
}

}  // namespace

Status Engine::Impl::CheckOutputs(const std::vector<HostTensor>& results) const {
  for (size_t i = 0; i < results.size() && i < outputs.size(); ++i) {
    const HostTensor& result = results[i];
    if (result.bytes().empty() || !result.has_data()) continue;
    if (!result.is_writable()) {
      return InvalidArgument("output '" + outputs[i].name +
                             "': expected a tensor that may be written, found a view of memory "
                             "that is somebody else's");
    }
    if (!IsAligned(result)) {
      return InvalidArgument("output '" + outputs[i].name + "': expected memory aligned for " +
                             DTypeName(result.dtype()) + ", found an address that is not");
    }
  }
  return Status();
}

Status Engine::Impl::Prepare(const std::vector<HostTensor>& tensors,
                             std::vector<HostTensor>* results) {
  for (const HostTensor& tensor : tensors) {
    if (!tensor.has_data()) return CheckInputs(tensors);
  }
  MACE_RETURN_IF_ERROR(CheckOutputs(*results));
  MACE_RETURN_IF_ERROR(PlanFor(tensors));
  const std::vector<TensorInfo>& wanted = plans.current()->outputs;
  results->resize(wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    HostTensor& result = (*results)[i];
    const bool fits =
        result.dtype() == wanted[i].dtype && result.shape() == wanted[i].shape && result.has_data();
    // A copy of the tensor that the caller kept shows the answer that it showed before.
    if (fits && !result.is_shared()) continue;
    MACE_ASSIGN_OR_RETURN(result, HostTensor::Allocate(wanted[i]));
  }
  return Status();
}

void Engine::Impl::WarnOfHalf(const std::vector<HostTensor>& tensors,
                              const std::vector<HostTensor>& results) const {
  if (options.precision != Precision::kFloat16 || runtime == nullptr) return;
  std::vector<std::string> names;
  for (const Port& port : outputs) names.push_back(port.name);
  const std::string line = DescribeHalfOverflow(names, tensors, results);
  if (!line.empty()) Log(LogLevel::kWarning, line);
}

StatusOr<std::vector<HostTensor>> Engine::Run(const std::vector<HostTensor>& inputs) {
  std::vector<HostTensor> outputs;
  MACE_RETURN_IF_ERROR(RunInto(inputs, &outputs));
  return outputs;
}

Status Engine::RunInto(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs) {
  EngineTurn turn(impl_.get());
  MACE_RETURN_IF_ERROR(turn.status());
  return CatchExhaustion([&] {
    MACE_RETURN_IF_ERROR(impl_->Prepare(inputs, outputs));
    PlannedModel& plan = *impl_->plans.current();
    const bool is_first = !plan.looked_over;
    std::optional<ScopedStartPart> part;
    if (is_first) part.emplace("first run");
    MACE_RETURN_IF_ERROR(plan.executor->Run(inputs, outputs));
    if (is_first) impl_->WarnOfHalf(inputs, *outputs);
    plan.looked_over = true;
    impl_->has_run = true;
    return Status();
  });
}

Status Engine::RunTimed(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs,
                        RunTimes* times) {
  EngineTurn turn(impl_.get());
  MACE_RETURN_IF_ERROR(turn.status());
  return CatchExhaustion([&] {
    MACE_RETURN_IF_ERROR(impl_->Prepare(inputs, outputs));
    MACE_RETURN_IF_ERROR(impl_->plans.current()->executor->RunTimed(inputs, outputs, times));
    impl_->has_run = true;
    return Status();
  });
}

StatusOr<double> Engine::Replay() {
  EngineTurn turn(impl_.get());
  MACE_RETURN_IF_ERROR(turn.status());
  return CatchExhaustion([&] { return impl_->plans.current()->executor->Replay(); });
}

}  // namespace mace
