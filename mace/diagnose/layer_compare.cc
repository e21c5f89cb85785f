#include "mace/diagnose/layer_compare.h"

#include <set>
#include <unordered_map>

#include "mace/execute/cpu_tensors.h"
#include "mace/execute/io_types.h"
#include "mace/execute/session.h"
#include "mace/graph/constant_pins.h"
#include "mace/plan/choose_by_cost.h"
#include "mace/tune/trial.h"

namespace mace {
namespace {

class LayerComparer {
 public:
  LayerComparer(const Plan& plan, ProgramCompiler* compiler)
      : plan_(plan), graph_(*plan.bound.graph), compiler_(compiler), values_(graph_) {}

  StatusOr<LayerDifferences> Run(const std::vector<HostTensor>& inputs);

 private:
  Status RunReference(const std::vector<HostTensor>& inputs);
  Status MakeTrials();
  Status CompareOwn();
  // The plan with every value as an output.
  StatusOr<std::unique_ptr<Plan>> MakeWatchedPlan() const;
  Status CompareCarried(const std::vector<HostTensor>& inputs);
  Difference Worst(const Node& node, const std::vector<HostTensor>& outputs) const;
  bool IsExpected(ValueId id) const;

  const Plan& plan_;
  const Graph& graph_;
  ProgramCompiler* const compiler_;
  CpuTensors values_;
  std::vector<Trial> trials_;  // One for each compared layer, in order.
  std::vector<size_t> nodes_;  // By trial: index into the graph's nodes.
  LayerDifferences result_;
};

Status LayerComparer::RunReference(const std::vector<HostTensor>& inputs) {
  if (inputs.size() != graph_.inputs.size()) {
    return InvalidArgument("expected " + std::to_string(graph_.inputs.size()) + " inputs, found " +
                           std::to_string(inputs.size()));
  }
  MACE_RETURN_IF_ERROR(values_.ShareInputs(inputs));
  for (size_t n = 0; n < graph_.nodes.size(); ++n) {
    MACE_RETURN_IF_ERROR(values_.PrepareConstants(graph_.nodes[n]));
    MACE_RETURN_IF_ERROR(values_.RunNode(graph_.nodes[n], *plan_.bound.ops[n]));
  }
  return Status();
}

// Makes the trials, and compiles all their kernels together so that the driver's compiler starts
// once.
Status LayerComparer::MakeTrials() {
  const DeviceInfo& device = compiler_->device()->info();
  MACE_ASSIGN_OR_RETURN(const GraphVariants variants,
                        FindVariants(plan_.bound, &device, plan_.options));
  std::vector<std::string> ids;
  for (const NodePlacement& placement : plan_.placements) ids.push_back(placement.variant_id);
  MACE_ASSIGN_OR_RETURN(const Choice choice, ChooseByIds(graph_, variants, ids));
  std::set<int> launched;
  for (const PlannedLaunch& launch : plan_.launches) launched.insert(launch.node);
  for (size_t n = 0; n < graph_.nodes.size(); ++n) {
    result_.layers.push_back({n, false, {}, {}});
    if (choice.nodes[n].on_cpu() || launched.count(static_cast<int>(n)) == 0) continue;
    result_.layers.back().compared = true;
    MACE_ASSIGN_OR_RETURN(
        const KernelVariant variant,
        ChosenVariant(graph_.nodes[n], variants.nodes[n], device, choice.nodes[n]));
    MACE_ASSIGN_OR_RETURN(Trial trial, MakeTrial(plan_.bound, n, variant, device));
    trials_.push_back(std::move(trial));
    nodes_.push_back(n);
  }
  return Status();
}

Difference LayerComparer::Worst(const Node& node, const std::vector<HostTensor>& outputs) const {
  Difference worst;
  double worst_share = -1;
  for (size_t i = 0; i < node.outputs.size() && i < outputs.size(); ++i) {
    const Difference difference = Compare(values_.Get(node.outputs[i]), outputs[i]);
    const double share = ShareOfRange(difference);
    if (share <= worst_share) continue;
    worst = difference;
    worst_share = share;
  }
  return worst;
}

Status LayerComparer::CompareOwn() {
  std::vector<KernelInstance> kernels;
  for (const Trial& trial : trials_) {
    for (const PlannedLaunch& planned : trial.plan->launches) {
      if (!planned.launch.call.has_value()) kernels.push_back(planned.launch.kernel);
    }
  }
  std::shared_ptr<const BuiltProgram> program;
  if (!kernels.empty()) {
    MACE_ASSIGN_OR_RETURN(const std::string text, ComposeProgram(kernels));
    MACE_ASSIGN_OR_RETURN(program, compiler_->BuildTrial(text, "the kernels of each layer alone"));
  }
  for (size_t t = 0; t < trials_.size(); ++t) {
    const Graph& alone = *trials_[t].plan->bound.graph;
    const Node& node = graph_.nodes[nodes_[t]];
    std::vector<HostTensor> inputs;
    for (ValueId id : InputsOfNode(graph_, node)) inputs.push_back(values_.Get(id));
    if (inputs.size() != alone.inputs.size()) return Internal("inputs of '" + node.name + "'");
    StatusOr<std::vector<HostTensor>> outputs =
        RunTrialOnce(trials_[t], inputs, program, compiler_);
    if (!outputs.ok()) return outputs.status().WithPrefix("node '" + node.name + "' alone");
    result_.layers[nodes_[t]].own = Worst(node, *outputs);
  }
  return Status();
}

bool LayerComparer::IsExpected(ValueId id) const {
  const Value& value = graph_.value(id);
  return value.info.dtype == DType::kFloat32 && value.info.shape.elements() > 0;
}

StatusOr<std::unique_ptr<Plan>> LayerComparer::MakeWatchedPlan() const {
  auto watched = std::make_shared<Graph>(graph_);
  watched->outputs.clear();
  PlanOptions options = plan_.options;
  for (size_t n = 0; n < graph_.nodes.size(); ++n) {
    options.precisions.push_back(plan_.placements[n].precision);
    for (ValueId id : graph_.nodes[n].outputs) {
      if (!IsExpected(id)) continue;
      IoInfo io;
      io.name = std::to_string(id);
      io.value = id;
      watched->outputs.push_back(std::move(io));
    }
  }
  const DeviceInfo& device = compiler_->device()->info();
  BoundGraph bound = {std::move(watched), plan_.bound.ops};
  MACE_ASSIGN_OR_RETURN(GraphVariants variants, FindVariants(bound, &device, options));
  for (size_t n = 0; n < graph_.nodes.size(); ++n) {
    NodeVariants* offered = &variants.nodes[n];
    const std::optional<NodeChoice> same =
        FindChoice(*offered, device, plan_.placements[n].variant_id);
    // With every value as an output, the variant may not exist. Then any variant is used.
    if (!same.has_value()) continue;
    MACE_ASSIGN_OR_RETURN(KernelVariant variant,
                          ChosenVariant(graph_.nodes[n], *offered, device, *same));
    // A time marks the variant as measured, which some variants need before they may be chosen.
    variant.measured_ms = 0;
    offered->variants = {std::move(variant)};
  }
  const Choice choice = ChooseByCost(*bound.graph, variants);
  return MakePlan(std::move(bound), variants, choice, options);
}

Status LayerComparer::CompareCarried(const std::vector<HostTensor>& inputs) {
  MACE_ASSIGN_OR_RETURN(std::unique_ptr<Plan> plan, MakeWatchedPlan());
  const Graph& watched = *plan->bound.graph;
  std::vector<TensorInfo> infos;
  std::unordered_map<ValueId, size_t> output_of;
  for (const IoInfo& io : watched.outputs) {
    output_of[io.value] = infos.size();
    infos.push_back(watched.value(io.value).info);
  }
  MACE_ASSIGN_OR_RETURN(std::vector<HostTensor> outputs, AllocateTensors(infos));
  std::shared_ptr<const BuiltProgram> program;
  if (!plan->program_sources.empty()) {
    MACE_ASSIGN_OR_RETURN(
        program, compiler_->BuildTrial(plan->program_sources[0], "the kernels of all layers"));
  }
  std::vector<std::shared_ptr<const BuiltProgram>> programs;
  if (program != nullptr) programs.push_back(program);
  MACE_ASSIGN_OR_RETURN(std::unique_ptr<Session> session,
                        Session::Create(std::move(plan), compiler_, std::move(programs)));
  MACE_RETURN_IF_ERROR(session->Run(inputs, &outputs));
  for (LayerDifference& layer : result_.layers) {
    const Node& node = graph_.nodes[layer.node];
    std::vector<HostTensor> made;
    for (ValueId id : node.outputs) {
      if (!IsExpected(id)) break;
      made.push_back(outputs[output_of[id]]);
    }
    layer.carried = Worst(node, made);
  }
  return Status();
}

StatusOr<LayerDifferences> LayerComparer::Run(const std::vector<HostTensor>& inputs) {
  MACE_ASSIGN_OR_RETURN(const ConstantPins constants, ConstantPins::HoldAll(graph_));
  MACE_RETURN_IF_ERROR(RunReference(inputs));
  MACE_RETURN_IF_ERROR(MakeTrials());
  MACE_RETURN_IF_ERROR(CompareOwn());
  MACE_RETURN_IF_ERROR(CompareCarried(inputs));
  for (size_t id = 0; id < graph_.values.size(); ++id) {
    result_.reference.push_back(values_.Get(static_cast<ValueId>(id)));
  }
  return std::move(result_);
}

}  // namespace

StatusOr<LayerDifferences> FindLayerDifferences(const Plan& plan,
                                                const std::vector<HostTensor>& inputs,
                                                ProgramCompiler* compiler) {
  MACE_ASSIGN_OR_RETURN(const std::vector<HostTensor> inside,
                        ToTypesInside(*plan.bound.graph, inputs));
  return LayerComparer(plan, compiler).Run(inside);
}

}  // namespace mace
