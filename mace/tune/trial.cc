#include "mace/tune/trial.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "mace/execute/cpu_executor.h"
#include "mace/execute/session.h"
#include "mace/ops/conv/int8_convolution.h"
#include "mace/plan/signature.h"

namespace mace {
namespace {

StatusOr<std::vector<HostTensor>> AllocateOutputs(const Plan& plan) {
  std::vector<TensorInfo> infos;
  for (const IoInfo& io : plan.bound.graph->outputs) {
    infos.push_back(plan.bound.graph->value(io.value).info);
  }
  return AllocateTensors(infos);
}

// From [-1, 1) to all that 8 bits hold, where the node counts on that.
void PutIntoInt8(const Node& node, std::vector<HostTensor>* inputs) {
  const StatusOr<std::optional<Int8Convolution>> bits = Int8Convolution::Parse(node.attributes);
  if (!bits.ok() || !bits->has_value() || inputs->empty()) return;
  const Quantization& x = (*bits)->x;
  HostTensor& tensor = inputs->front();
  for (float& v : Span<float>(tensor.f32(), static_cast<size_t>(tensor.shape().elements()))) {
    const float q = std::floor((v + 1) * 128);
    v = (q - static_cast<float>(x.zero_point)) * x.scale;
  }
}

StatusOr<std::unique_ptr<Session>> StartTrial(const Trial& trial,
                                              const std::vector<HostTensor>& inputs,
                                              std::shared_ptr<const BuiltProgram> program,
                                              ProgramCompiler* compiler,
                                              std::vector<HostTensor>* outputs) {
  std::vector<std::shared_ptr<const BuiltProgram>> programs;
  if (!trial.plan->program_sources.empty()) programs.push_back(std::move(program));
  MACE_ASSIGN_OR_RETURN(
      std::unique_ptr<Session> session,
      Session::Create(trial.plan, compiler, std::move(programs), SessionUse::kTrial));
  MACE_ASSIGN_OR_RETURN(*outputs, AllocateOutputs(*trial.plan));
  MACE_RETURN_IF_ERROR(session->Run(inputs, outputs));
  return session;
}

}  // namespace

StatusOr<Trial> MakeTrial(const BoundGraph& bound, size_t node, const KernelVariant& variant,
                          const DeviceInfo& device) {
  GraphVariants variants;
  variants.device = device;
  variants.nodes = {{{variant}, ""}};
  Choice choice;
  choice.nodes = {NodeChoice{0, {}}};
  PlanOptions options;
  MACE_ASSIGN_OR_RETURN(std::unique_ptr<Plan> plan,
                        MakePlan(BoundNode(bound, node), variants, choice, options));
  return Trial{bound.graph->nodes[node].name, VariantId(variant), std::move(plan)};
}

StatusOr<std::vector<HostTensor>> MakeTrialInputs(const Trial& trial) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<HostTensor> inputs;
  for (const IoInfo& io : trial.plan->bound.graph->inputs) {
    const TensorInfo& info = trial.plan->bound.graph->value(io.value).info;
    MACE_ASSIGN_OR_RETURN(HostTensor tensor, HostTensor::Allocate({DType::kFloat32, info.shape}));
    std::generate_n(tensor.f32(), tensor.shape().elements(), [&] { return uniform(random); });
    // Integers become zeros, which are valid indices of any tensor. Half of the bools become true.
    for (float& v : Span<float>(tensor.f32(), static_cast<size_t>(info.shape.elements()))) {
      if (info.dtype == DType::kBool) v = v < 0 ? 0.0f : 1.0f;
    }
    if (!IsFloat(info.dtype)) {
      MACE_ASSIGN_OR_RETURN(tensor, tensor.ConvertTo(info.dtype));
    }
    inputs.push_back(std::move(tensor));
  }
  PutIntoInt8(trial.plan->bound.graph->nodes[0], &inputs);
  return inputs;
}

StatusOr<TrialResult> RunTrial(const Trial& trial, const std::vector<HostTensor>& inputs,
                               std::shared_ptr<const BuiltProgram> program,
                               ProgramCompiler* compiler, double limit_ms) {
  TrialResult result;
  MACE_ASSIGN_OR_RETURN(const std::unique_ptr<Session> session,
                        StartTrial(trial, inputs, std::move(program), compiler, &result.outputs));
  MACE_ASSIGN_OR_RETURN(result.milliseconds, session->MeasureNode(0, limit_ms));
  return result;
}

StatusOr<std::vector<HostTensor>> RunTrialOnce(const Trial& trial,
                                               const std::vector<HostTensor>& inputs,
                                               std::shared_ptr<const BuiltProgram> program,
                                               ProgramCompiler* compiler) {
  std::vector<HostTensor> outputs;
  MACE_RETURN_IF_ERROR(StartTrial(trial, inputs, std::move(program), compiler, &outputs).status());
  return outputs;
}

StatusOr<std::vector<HostTensor>> RunTrialReference(const Trial& trial,
                                                    const std::vector<HostTensor>& inputs) {
  MACE_ASSIGN_OR_RETURN(std::unique_ptr<Plan> plan,
                        MakePlan(trial.plan->bound, nullptr, PlanOptions()));
  MACE_ASSIGN_OR_RETURN(const std::unique_ptr<CpuExecutor> executor,
                        CpuExecutor::Create(std::move(plan)));
  MACE_ASSIGN_OR_RETURN(std::vector<HostTensor> outputs, AllocateOutputs(*trial.plan));
  MACE_RETURN_IF_ERROR(executor->Run(inputs, &outputs));
  return outputs;
}

}  // namespace mace
