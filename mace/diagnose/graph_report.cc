// Reports the graph of a plan, with the variants of each node.
#include <iterator>
#include <map>
#include <numeric>
#include <utility>

#include "mace/diagnose.h"
#include "mace/diagnose/report.h"
#include "mace/diagnose/request_plan.h"
#include "mace/graph/constant_pins.h"
#include "mace/graph/describe.h"
#include "mace/graph/dtype.h"
#include "mace/plan/signature.h"
#include "mace/tune/measurements.h"

namespace mace {
namespace {

// Attributes with which a pass says that the node does the work of another one, too.
std::vector<std::string> FusedInto(const Node& node) {
  std::vector<std::string> fused;
  const std::string activation = node.attributes.GetString("activation", "");
  if (node.type != "Activation" && !activation.empty() && activation != "NOOP") {
    fused.push_back("activation " + activation);
  }
  if (node.attributes.GetInt("channel_scale", 0) != 0) fused.push_back("channel scale");
  if (node.attributes.GetInt("residual", 0) != 0) fused.push_back("residual");
  for (const Node& step : node.steps) {
    fused.push_back(step.attributes.GetString("function", step.type));
  }
  return fused;
}

const char* PrecisionName(Precision precision) {
  return precision == Precision::kFloat16 ? "f16" : precision == Precision::kInt8 ? "i8" : "f32";
}

GraphReport::Variant VariantOf(const KernelVariant& variant, const NodePlacement& placement) {
  GraphReport::Variant report;
  report.name = variant.name;
  report.image = !variant.outputs.empty() && variant.outputs[0].storage == Storage::kImage;
  report.precision = PrecisionName(variant.precision);
  report.launches = variant.launches.size();
  report.measured = variant.measured_ms >= 0;
  report.ms = report.measured ? variant.measured_ms : variant.estimate_ms;
  report.needs_measurement = !MayBeChosen(variant);
  report.chosen = VariantId(variant) == placement.variant_id;
  return report;
}

std::vector<GraphReport::Value> ValuesOf(const Graph& graph) {
  std::vector<GraphReport::Value> values;
  for (const Value& value : graph.values) {
    values.push_back({value.name, DTypeName(value.info.dtype), value.info.shape.dims(),
                      value.constant.has_value()});
  }
  return values;
}

std::vector<std::pair<std::string, int>> NamesOf(const std::vector<IoInfo>& list) {
  std::vector<std::pair<std::string, int>> names;
  for (const IoInfo& io : list) names.emplace_back(io.name, io.value);
  return names;
}

// The variants of each node; empty lists for a plan without a device.
StatusOr<GraphVariants> VariantsOf(const RequestPlan& of) {
  MACE_ASSIGN_OR_RETURN(const ConstantPins constants, ConstantPins::HoldAll(of.graph()));
  return FindVariantsOf(of.plan(), of.compiler());
}

StatusOr<GraphReport> ReportPlan(const RequestPlan& of) {
  MACE_ASSIGN_OR_RETURN(const GraphVariants variants, VariantsOf(of));
  const Graph& graph = of.graph();
  GraphReport report;
  report.values = ValuesOf(graph);
  report.inputs = NamesOf(graph.inputs);
  report.outputs = NamesOf(graph.outputs);
  const std::vector<NodeReport> nodes = NodesOf(of.plan());
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    GraphReport::Node entry;
    entry.report = nodes[n];
    entry.inputs.assign(node.inputs.begin(), node.inputs.end());
    entry.outputs.assign(node.outputs.begin(), node.outputs.end());
    entry.attributes = DescribeAttributes(node);
    entry.fused = FusedInto(node);
    for (const KernelVariant& variant : variants.nodes[n].variants) {
      entry.variants.push_back(VariantOf(variant, of.plan().placements[n]));
    }
    report.nodes.push_back(std::move(entry));
  }
  return report;
}

// One graph of the stages of a model: what a stage reads of an earlier one is the value there.
class StageJoiner {
 public:
  explicit StageJoiner(const Model::State& model) : model_(model) {}

  void Add(const ModelStage& stage, GraphReport report) {
    const int offset = static_cast<int>(whole_.values.size());
    std::vector<int> places(report.values.size());
    std::iota(places.begin(), places.end(), offset);
    for (size_t k = 0; k < stage.inputs.size(); ++k) {
      int& place = places[static_cast<size_t>(report.inputs[k].second)];
      place = Find(stage.inputs[k], place);
    }
    for (GraphReport::Node& node : report.nodes) {
      for (std::vector<int>* values : {&node.inputs, &node.outputs}) {
        for (int& value : *values) value = value < 0 ? value : places[static_cast<size_t>(value)];
      }
      whole_.nodes.push_back(std::move(node));
    }
    for (size_t k = 0; k < stage.outputs.size(); ++k) {
      const int place = places[static_cast<size_t>(report.outputs[k].second)];
      const StageLink& link = stage.outputs[k];
      if (link.model_io.has_value()) {
        AddOutput(*link.model_io, place);
      } else {
        handed_on_[link.value] = place;
      }
    }
    for (const ModelStage::PassedOn& passed : stage.passed_on) {
      const auto found = handed_on_.find(passed.value);
      if (found != handed_on_.end()) AddOutput(passed.output, found->second);
    }
    std::move(report.values.begin(), report.values.end(), std::back_inserter(whole_.values));
  }

  GraphReport Take() { return std::move(whole_); }

 private:
  // The value that a stage's input is: `place`, if no stage before has it.
  int Find(const StageLink& link, int place) {
    if (!link.model_io.has_value()) {
      const auto found = handed_on_.find(link.value);
      return found == handed_on_.end() ? place : found->second;
    }
    const auto [found, is_new] = inputs_.emplace(*link.model_io, place);
    if (is_new) whole_.inputs.emplace_back(model_.inputs[*link.model_io].name, place);
    return found->second;
  }

  void AddOutput(size_t output, int place) {
    whole_.outputs.emplace_back(model_.outputs[output].name, place);
  }

  const Model::State& model_;
  GraphReport whole_;
  std::map<size_t, int> inputs_;  // By the model's input.
  std::map<std::string, int> handed_on_;
};

}  // namespace

StatusOr<GraphReport> ReportGraph(Request* request) {
  return OnPlansOf(*request, [](const std::vector<RequestPlan>& plans) -> StatusOr<GraphReport> {
    const std::shared_ptr<const Model::State>& model = plans[0].compiled().model;
    if (model->run_values == nullptr) return ReportPlan(plans[0]);
    StageJoiner joiner(*model);
    for (const RequestPlan& of : plans) {
      MACE_ASSIGN_OR_RETURN(GraphReport report, ReportPlan(of));
      joiner.Add(*of.shared->model().stage, std::move(report));
    }
    return joiner.Take();
  });
}

}  // namespace mace
