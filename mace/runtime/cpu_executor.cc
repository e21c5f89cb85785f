#include "mace/runtime/cpu_executor.h"

#include <cstring>

#include "mace/base/clock.h"

namespace mace {
namespace {

// For each node the values that nobody reads after it.
std::vector<std::vector<ValueId>> FindDead(const Graph& graph) {
  std::vector<int> last(graph.values.size(), -1);
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    for (const std::vector<ValueId>* list : {&node.inputs, &node.outputs}) {
      for (ValueId id : *list) {
        if (id != kNoValue) last[static_cast<size_t>(id)] = static_cast<int>(n);
      }
    }
  }
  for (const GraphPort& output : graph.outputs) last[static_cast<size_t>(output.value)] = -1;
  std::vector<std::vector<ValueId>> dead(graph.nodes.size());
  for (size_t id = 0; id < last.size(); ++id) {
    if (last[id] >= 0 && !graph.IsConstant(static_cast<ValueId>(id))) {
      dead[static_cast<size_t>(last[id])].push_back(static_cast<ValueId>(id));
    }
  }
  return dead;
}

}  // namespace

CpuExecutor::CpuExecutor(std::shared_ptr<const Plan> plan)
    : plan_(std::move(plan)), values_(*plan_->graph), dead_after_(FindDead(*plan_->graph)) {}

StatusOr<std::unique_ptr<CpuExecutor>> CpuExecutor::Create(std::shared_ptr<const Plan> plan) {
  std::unique_ptr<CpuExecutor> executor(new CpuExecutor(std::move(plan)));
  const Graph& graph = *executor->plan_->graph;
  HostValues* const values = &executor->values_;
  for (const Node& node : graph.nodes) MACE_RETURN_IF_ERROR(values->PrepareConstants(node));
  for (const GraphPort& output : graph.outputs) {
    MACE_RETURN_IF_ERROR(values->PrepareConstant(output.value));
  }
  return executor;
}

Status CpuExecutor::Run(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs) {
  return RunTimed(inputs, outputs, nullptr);
}

Status CpuExecutor::RunTimed(const std::vector<HostTensor>& inputs,
                             std::vector<HostTensor>* outputs, RunTimes* times) {
  const Graph& graph = *plan_->graph;
  const double begin = times == nullptr ? 0 : MonotonicMilliseconds();
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    MACE_RETURN_IF_ERROR(values_.Share(graph.inputs[i].value, inputs[i]));
  }
  MACE_RETURN_IF_ERROR(RunNodes(times));
  for (size_t i = 0; i < graph.outputs.size(); ++i) {
    const Bytes from = values_.Get(graph.outputs[i].value).bytes();
    if (!from.empty()) std::memcpy((*outputs)[i].mutable_data<uint8_t>(), from.data(), from.size());
  }
  for (const GraphPort& port : graph.outputs) {
    if (!graph.IsConstant(port.value)) values_.Drop(port.value);
  }
  if (times != nullptr) {
    times->begin = begin;
    times->end = MonotonicMilliseconds();
  }
  return Status();
}

Status CpuExecutor::RunNodes(RunTimes* times) {
  const Graph& graph = *plan_->graph;
  if (times != nullptr) times->steps.clear();
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    const int node = static_cast<int>(n);
    StepTimes step;
    step.step = {Step::Kind::kCpu, node};
    if (times != nullptr) step.host_begin = MonotonicMilliseconds();
    MACE_RETURN_IF_ERROR(values_.RunNode(graph.nodes[n], *plan_->ops[n]));
    if (times != nullptr) {
      step.host_end = MonotonicMilliseconds();
      times->steps.push_back(step);
    }
    if (observer_) Observe(node);
    for (ValueId id : dead_after_[n]) values_.Drop(id);
  }
  return Status();
}

StatusOr<double> CpuExecutor::Replay() {
  return Unsupported("the reference on the CPU has no launches to replay");
}

void CpuExecutor::Observe(int node) const {
  std::vector<HostTensor> outputs;
  for (ValueId id : plan_->graph->nodes[static_cast<size_t>(node)].outputs) {
    outputs.push_back(values_.Get(id));
  }
  observer_(node, outputs);
}

}  // namespace mace
