#include "mace/runtime/trial.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "mace/ops/conv2d/eight_bits.h"
#include "mace/plan/signature.h"
#include "mace/runtime/cpu_executor.h"
#include "mace/runtime/session.h"

namespace mace {
namespace {

bool DeviceAllows(const DeviceInfo& device, const WorkSize& local) {
  size_t group = 1;
  for (size_t i = 0; i < local.size(); ++i) {
    if (local[i] > device.max_work_item_sizes[i]) return false;
    group *= local[i];
  }
  return group <= device.max_work_group_size;
}

StatusOr<std::vector<HostTensor>> AllocateOutputs(const Plan& plan) {
  std::vector<TensorInfo> infos;
  for (const GraphPort& port : plan.bound.graph->outputs) {
    infos.push_back(plan.bound.graph->value(port.value).info);
  }
  return AllocateTensors(infos);
}

}  // namespace

void AddWorkGroupSizes(const DeviceInfo& device, std::vector<Lowering>* ways) {
  const size_t count = ways->size();
  for (size_t w = 0; w < count; ++w) {
    for (size_t l = 0; l < (*ways)[w].launches.size(); ++l) {
      const Launch launch = (*ways)[w].launches[l];
      for (const WorkSize& local : launch.local_alternatives) {
        if (local == launch.local || !DeviceAllows(device, local)) continue;
        Lowering copy = (*ways)[w];
        copy.launches[l].local = local;
        ways->push_back(std::move(copy));
      }
    }
  }
}

bool KeepWay(const DeviceInfo& device, const std::string& id, std::vector<Lowering>* ways) {
  const auto keep_only = [&] {
    const auto is_other = [&](const Lowering& way) { return WayId(way) != id; };
    ways->erase(std::remove_if(ways->begin(), ways->end(), is_other), ways->end());
    // Chosen, as what needs a measurement must be.
    for (Lowering& way : *ways) way.measured_ms = 0;
    return !ways->empty();
  };
  const std::vector<Lowering> all = *ways;
  if (keep_only()) return true;
  // It may be one of another work-group size.
  *ways = all;
  AddWorkGroupSizes(device, ways);
  return keep_only();
}

StatusOr<Trial> MakeTrial(const Graph& graph, const Node& node, const ChosenWay& way,
                          const DeviceInfo& device) {
  Trial trial;
  trial.node = node.name;
  trial.way = way.id;
  PlanOptions options;
  options.precisions = {way.precision};
  options.allow_tf32 = true;  // The way's id says what it multiplies.
  options.integer_inputs_fit = true;
  options.most_scratch_bytes = std::numeric_limits<double>::infinity();  // The model's to limit.
  bool found = false;
  options.refine_ways = [&](const Node&, std::vector<Lowering>* ways) {
    found = KeepWay(device, trial.way, ways);
  };
  MACE_ASSIGN_OR_RETURN(std::unique_ptr<Plan> plan,
                        MakePlan(GraphOfNode(graph, node), &device, options));
  if (!found) return Internal("node '" + node.name + "': no way " + trial.way);
  plan->options.refine_ways = nullptr;
  trial.plan = std::move(plan);
  return trial;
}

namespace {

// From [-1, 1) to all that 8 bits hold, where the node counts on that.
void PutInto8Bits(const Node& node, std::vector<HostTensor>* inputs) {
  const StatusOr<std::optional<EightBits>> bits = EightBits::Parse(node.attributes);
  if (!bits.ok() || !bits->has_value() || inputs->empty()) return;
  const Quantization& x = (*bits)->x;
  HostTensor& tensor = inputs->front();
  for (float& v : Span<float>(tensor.f32(), static_cast<size_t>(tensor.shape().elements()))) {
    const float q = std::floor((v + 1) * 128);
    v = (q - static_cast<float>(x.zero_point)) * x.scale;
  }
}

}  // namespace

StatusOr<std::vector<HostTensor>> MakeTrialInputs(const Trial& trial) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<HostTensor> inputs;
  for (const GraphPort& port : trial.plan->bound.graph->inputs) {
    const TensorInfo& info = trial.plan->bound.graph->value(port.value).info;
    MACE_ASSIGN_OR_RETURN(HostTensor tensor, HostTensor::Allocate({DType::kFloat32, info.shape}));
    std::generate_n(tensor.f32(), tensor.shape().elements(), [&] { return uniform(random); });
    // Integers become zeros, which are places in any tensor; of the bools half are true.
    for (float& v : Span<float>(tensor.f32(), static_cast<size_t>(info.shape.elements()))) {
      if (info.dtype == DType::kBool) v = v < 0 ? 0.0f : 1.0f;
    }
    if (!IsFloat(info.dtype)) {
      MACE_ASSIGN_OR_RETURN(tensor, tensor.ConvertTo(info.dtype));
    }
    inputs.push_back(std::move(tensor));
  }
  PutInto8Bits(trial.plan->bound.graph->nodes[0], &inputs);
  return inputs;
}

namespace {

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
                        MakePlan(trial.plan->bound.graph, nullptr, PlanOptions()));
  MACE_ASSIGN_OR_RETURN(const std::unique_ptr<CpuExecutor> executor,
                        CpuExecutor::Create(std::move(plan)));
  MACE_ASSIGN_OR_RETURN(std::vector<HostTensor> outputs, AllocateOutputs(*trial.plan));
  MACE_RETURN_IF_ERROR(executor->Run(inputs, &outputs));
  return outputs;
}

}  // namespace mace
