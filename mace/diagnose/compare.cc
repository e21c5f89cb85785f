// Compares answers with expected ones: whole tensors, and node by node.
#include <utility>

#include "mace/diagnose.h"
#include "mace/diagnose/layer_compare.h"
#include "mace/diagnose/request_plan.h"
#include "mace/engine/tensor_access.h"
#include "mace/formats/mace/export.h"

namespace mace {

struct LayerComparison::State {
  std::vector<LayerReport> layers;
  std::vector<size_t> nodes;          // By layer: index into the graph's nodes.
  std::shared_ptr<SharedPlan> plan;   // The plan of `graph`.
  const Graph* graph = nullptr;       // The graph after the passes.
  std::vector<HostTensor> reference;  // The reference's tensors, by value of the graph.
  std::shared_ptr<MemoryBudget> budget;
};

namespace {

// The permitted error of a node that rounds to int8: one step, because a value near a tie may be
// rounded the other way if a sum is computed in another order. 0 for other nodes.
double RoundingStepOf(const Node& node) {
  if (node.type == "Unary" && node.attributes.GetString("function", "") == "round_to_int8") {
    return node.attributes.GetFloat("scale", 0);
  }
  return node.attributes.GetFloat("y_scale", 0);
}

LayerReport ReportOf(const LayerDifference& difference, const Node& node,
                     const NodePlacement& placement) {
  LayerReport report;
  report.name = node.name;
  report.type = node.type;
  report.variant = placement.variant;
  report.compared = difference.compared;
  report.own = difference.own;
  report.carried = difference.carried;
  report.rounding_step = RoundingStepOf(node);
  return report;
}

Status CheckComparable(const Tensor& tensor) {
  if (!tensor.status().ok()) return tensor.status();
  return tensor.empty() ? InvalidArgument("compare: expected a tensor, found none") : Status();
}

}  // namespace

StatusOr<Difference> Compare(const Tensor& expected, const Tensor& actual) {
  MACE_RETURN_IF_ERROR(CheckComparable(expected));
  MACE_RETURN_IF_ERROR(CheckComparable(actual));
  return CatchExhaustion([&]() -> StatusOr<Difference> {
    return Compare(TensorAccess::ToHost(expected), TensorAccess::ToHost(actual));
  });
}

double DefaultTolerance(CompileOptions::Precision precision) {
  switch (precision) {
    case CompileOptions::Precision::kFloat32:
      break;
    case CompileOptions::Precision::kTf32:
      return kDefaultRtolTf32;
    case CompileOptions::Precision::kFloat16:
      return kDefaultRtolFloat16;
  }
  return kDefaultRtolFloat32;
}

LayerComparison::LayerComparison(std::shared_ptr<const State> state) : state_(std::move(state)) {}

const std::vector<LayerReport>& LayerComparison::layers() const { return state_->layers; }

StatusOr<NodeModel> LayerComparison::Extract(size_t layer) const {
  const ScopedMemoryBudget budget(state_->budget);
  return CatchExhaustion([&]() -> StatusOr<NodeModel> {
    const Graph& graph = *state_->graph;
    const Node& node = graph.nodes[state_->nodes[layer]];
    const std::shared_ptr<const Graph> alone = GraphOfNode(graph, node);
    MACE_ASSIGN_OR_RETURN(MaceExport exported, ExportMace(*alone, {}));
    NodeModel model;
    model.model = std::move(exported.model);
    model.weights = std::move(exported.data);
    for (const ValueId id : InputsOfNode(graph, node)) {
      const std::string& name = alone->inputs[model.inputs.size()].name;
      model.inputs.emplace_back(name,
                                TensorAccess::FromHost(state_->reference[static_cast<size_t>(id)]));
    }
    return model;
  });
}

StatusOr<LayerComparison> CompareLayers(Request* request) {
  return OnPlanOf(*request, [](const RequestPlan& of) -> StatusOr<LayerComparison> {
    MACE_RETURN_IF_ERROR(of.request->CheckInputsAreSet());
    if (of.compiler() == nullptr) {
      return Unsupported("compare: expected a model on a device, found one on the CPU");
    }
    if (of.plan().batch_slices > 1) {
      return Unsupported("compare: expected a plan of the whole batch, found one of " +
                         std::to_string(of.plan().batch_slices) +
                         " slices: compile with split_batch off");
    }
    MACE_ASSIGN_OR_RETURN(LayerDifferences differences,
                          FindLayerDifferences(of.plan(), of.request->given, of.compiler()));
    auto state = std::make_shared<LayerComparison::State>();
    for (const LayerDifference& difference : differences.layers) {
      state->layers.push_back(ReportOf(difference, of.graph().nodes[difference.node],
                                       of.plan().placements[difference.node]));
      state->nodes.push_back(difference.node);
    }
    state->plan = of.shared;
    state->graph = &of.graph();
    state->reference = std::move(differences.reference);
    state->budget = of.compiled().host_budget;
    return LayerComparison(std::move(state));
  });
}

}  // namespace mace
