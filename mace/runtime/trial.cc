#include "mace/runtime/trial.h"

#include <algorithm>
#include <map>
#include <random>

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

// The node with its constants; what it reads and makes are the graph's inputs and outputs.
std::shared_ptr<const Graph> GraphOfNode(const Graph& graph, const Node& node) {
  auto alone = std::make_shared<Graph>();
  std::map<ValueId, ValueId> ids;
  const auto add_port = [&](ValueId id, std::vector<GraphPort>* ports) {
    const Value& value = graph.value(id);
    ids[id] = alone->AddValue(value.name);
    alone->value(ids[id]).info = value.info;
    alone->value(ids[id]).shape_known = true;
    GraphPort port;
    port.name = value.name;
    port.value = ids[id];
    ports->push_back(std::move(port));
  };
  Node copy = node;
  for (ValueId& id : copy.inputs) {
    if (id == kNoValue) continue;
    if (ids.count(id) == 0 && graph.IsConstant(id)) {
      ids[id] = alone->AddConstant(graph.value(id).name, *graph.value(id).constant);
    } else if (ids.count(id) == 0) {
      add_port(id, &alone->inputs);
    }
    id = ids[id];
  }
  for (ValueId& id : copy.outputs) {
    add_port(id, &alone->outputs);
    id = ids[id];
  }
  alone->nodes.push_back(std::move(copy));
  return alone;
}

std::vector<HostTensor> AllocateOutputs(const Plan& plan) {
  std::vector<HostTensor> outputs;
  for (const GraphPort& port : plan.graph->outputs) {
    outputs.push_back(HostTensor::Allocate(plan.graph->value(port.value).info));
  }
  return outputs;
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

StatusOr<Trial> MakeTrial(const Graph& graph, const Node& node, const Lowering& way,
                          const DeviceInfo& device) {
  Trial trial;
  trial.node = node.name;
  trial.way = WayId(way);
  PlanOptions options;
  options.precision = way.precision;
  options.exact_outputs = false;
  bool found = false;
  options.refine_ways = [&](const Node&, std::vector<Lowering>* ways) {
    AddWorkGroupSizes(device, ways);
    const auto is_other = [&](const Lowering& other) { return WayId(other) != trial.way; };
    ways->erase(std::remove_if(ways->begin(), ways->end(), is_other), ways->end());
    found = !ways->empty();
    // It is measured now: also what may not be chosen without.
    for (Lowering& only : *ways) only.measured_ms = 0;
  };
  MACE_ASSIGN_OR_RETURN(std::unique_ptr<Plan> plan,
                        MakePlan(GraphOfNode(graph, node), &device, options));
  if (!found) return Internal("node '" + node.name + "': no way " + trial.way);
  plan->options.refine_ways = nullptr;
  trial.plan = std::move(plan);
  return trial;
}

std::vector<HostTensor> MakeTrialInputs(const Trial& trial) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<HostTensor> inputs;
  for (const GraphPort& port : trial.plan->graph->inputs) {
    HostTensor tensor = HostTensor::Allocate(trial.plan->graph->value(port.value).info);
    std::generate_n(tensor.f32(), tensor.shape().elements(), [&] { return uniform(random); });
    inputs.push_back(std::move(tensor));
  }
  return inputs;
}

StatusOr<TrialResult> RunTrial(const Trial& trial, const std::vector<HostTensor>& inputs,
                               std::shared_ptr<const BuiltProgram> program,
                               ProgramCompiler* compiler, double limit_ms) {
  std::vector<std::shared_ptr<const BuiltProgram>> programs;
  if (program != nullptr) programs.push_back(std::move(program));
  MACE_ASSIGN_OR_RETURN(std::unique_ptr<Session> session,
                        Session::Create(trial.plan, compiler, std::move(programs)));
  TrialResult result;
  result.outputs = AllocateOutputs(*trial.plan);
  MACE_RETURN_IF_ERROR(session->Run(inputs, &result.outputs));
  MACE_ASSIGN_OR_RETURN(result.milliseconds, session->MeasureNode(0, limit_ms));
  return result;
}

StatusOr<std::vector<HostTensor>> RunTrialReference(const Trial& trial,
                                                    const std::vector<HostTensor>& inputs) {
  MACE_ASSIGN_OR_RETURN(std::unique_ptr<Plan> plan,
                        MakePlan(trial.plan->graph, nullptr, PlanOptions()));
  CpuExecutor executor(std::move(plan));
  std::vector<HostTensor> outputs = AllocateOutputs(*trial.plan);
  MACE_RETURN_IF_ERROR(executor.Run(inputs, &outputs));
  return outputs;
}

}  // namespace mace
