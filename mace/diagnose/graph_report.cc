// Reports the graph of a plan, with the variants of each node.
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

}  // namespace

StatusOr<GraphReport> ReportGraph(Request* request) {
  return OnPlanOf(*request, [](const RequestPlan& of) -> StatusOr<GraphReport> {
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
  });
}

}  // namespace mace
