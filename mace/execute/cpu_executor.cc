#include "mace/execute/cpu_executor.h"

#include <utility>

#include "mace/base/cancellation.h"
#include "mace/base/catch_exhaustion.h"
#include "mace/base/clock.h"

namespace mace {

StatusOr<std::unique_ptr<CpuExecutor>> CpuExecutor::Create(std::shared_ptr<const Plan> plan) {
  std::unique_ptr<CpuExecutor> executor(new CpuExecutor(std::move(plan)));
  const Graph& graph = *executor->plan_->bound.graph;
  for (const Node& node : graph.nodes) {
    MACE_RETURN_IF_ERROR(executor->values_.PrepareConstants(node));
  }
  for (const IoInfo& output : graph.outputs) {
    MACE_RETURN_IF_ERROR(executor->values_.PrepareConstant(output.value));
  }
  return executor;
}

CpuExecutor::CpuExecutor(std::shared_ptr<const Plan> plan)
    : plan_(std::move(plan)),
      values_(*plan_->bound.graph),
      lifetimes_(FindHostLifetimes(*plan_->bound.graph)) {}

Status CpuExecutor::Run(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs) {
  return RunTimed(inputs, outputs, nullptr);
}

Status CpuExecutor::RunTimed(const std::vector<HostTensor>& inputs,
                             std::vector<HostTensor>* outputs, RunTimes* times) {
  const double begin = times == nullptr ? 0 : MonotonicMilliseconds();
  const Status status = CatchExhaustion([&] { return RunOnce(inputs, outputs, times); });
  values_.ReleaseOutputs(lifetimes_);
  values_.ReleaseInputs();
  if (times != nullptr) {
    times->begin = begin;
    times->end = MonotonicMilliseconds();
  }
  return status;
}

Status CpuExecutor::RunOnce(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs,
                            RunTimes* times) {
  MACE_RETURN_IF_ERROR(values_.ShareInputs(inputs));
  values_.PlaceOutputs(lifetimes_, *outputs);
  MACE_RETURN_IF_ERROR(RunNodes(times));
  values_.CopyOutputs(lifetimes_, outputs);
  return Status();
}

Status CpuExecutor::RunNodes(RunTimes* times) {
  const Graph& graph = *plan_->bound.graph;
  if (times != nullptr) times->steps.clear();
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    MACE_RETURN_IF_ERROR(CheckCancelled());
    const int node = static_cast<int>(n);
    StepTimes step;
    step.step = {Step::Kind::kCpu, node};
    if (times != nullptr) step.host_begin = MonotonicMilliseconds();
    MACE_RETURN_IF_ERROR(values_.RunNode(graph.nodes[n], *plan_->bound.ops[n]));
    if (times != nullptr) {
      step.host_end = MonotonicMilliseconds();
      times->steps.push_back(step);
    }
    if (observer_) Observe(node);
    for (ValueId id : lifetimes_.dead_after[n]) values_.Drop(id);
  }
  return Status();
}

StatusOr<double> CpuExecutor::Replay() {
  return Unsupported("the reference on the CPU has no launches to replay");
}

void CpuExecutor::Observe(int node) const {
  std::vector<HostTensor> outputs;
  for (ValueId id : plan_->bound.graph->nodes[static_cast<size_t>(node)].outputs) {
    outputs.push_back(values_.Get(id));
  }
  observer_(node, outputs);
}

}  // namespace mace
