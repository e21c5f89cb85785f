// Reports what a model holds, and describes the stages from model to launches.
#include "mace/diagnose/report.h"

#include <algorithm>
#include <utility>

#include "mace/diagnose.h"
#include "mace/diagnose/request_plan.h"
#include "mace/graph/constant_pins.h"
#include "mace/plan/cost.h"
#include "mace/plan/memory.h"
#include "mace/tune/measurements.h"

namespace mace {
namespace {

NodeReport::Place PlaceOf(const NodePlacement& placement) {
  switch (placement.place) {
    case NodePlacement::Place::kGpuImage:
      return NodeReport::Place::kImage;
    case NodePlacement::Place::kGpuBuffer:
      return NodeReport::Place::kBuffer;
    case NodePlacement::Place::kCpu:
      return NodeReport::Place::kCpu;
    case NodePlacement::Place::kFolded:
      break;
  }
  return NodeReport::Place::kFolded;
}

}  // namespace

std::vector<NodeReport> NodesOf(const Plan& plan) {
  std::vector<NodeReport> nodes;
  for (size_t n = 0; n < plan.placements.size(); ++n) {
    const Node& node = plan.bound.graph->nodes[n];
    const NodePlacement& placement = plan.placements[n];
    NodeReport report;
    report.name = node.name;
    report.type = node.type;
    report.place = PlaceOf(placement);
    report.variant = placement.variant;
    report.why = placement.why;
    report.steps = node.steps.size();
    nodes.push_back(std::move(report));
  }
  for (const PlannedLaunch& launch : plan.launches) {
    if (launch.node >= 0) ++nodes[static_cast<size_t>(launch.node)].launches;
  }
  return nodes;
}

namespace {

// Each stage keeps memory of its own; one of them runs at a time.
void AddMemory(const Plan& plan, MemoryReport* memory) {
  const MemoryUse use = MemoryUseOf(plan);
  memory->weight_bytes += use.weight_bytes;
  memory->activation_bytes += use.activation_bytes;
  memory->live_bytes = std::max(memory->live_bytes, use.live_bytes);
  memory->bound_bytes += use.bound_bytes();
  if (memory->why_above_bound.empty()) memory->why_above_bound = use.WhyAboveBound();
}

void AddPlan(const RequestPlan& of, ModelReport* report) {
  report->format = of.imported().source_format;
  for (const Node& node : of.imported().nodes) ++report->ops[node.type];
  for (const Value& value : of.imported().values) {
    if (!value.constant.has_value()) continue;
    report->parameters += value.constant->shape().elements();
    report->parameter_bytes += value.constant->info().bytes();
  }
  for (size_t n = 0; n < of.graph().nodes.size(); ++n) {
    const Cost cost = NodeCost(of.plan(), n);
    report->flops += cost.flops;
    report->bytes += cost.bytes;
  }
  for (NodeReport& node : NodesOf(of.plan())) report->nodes.push_back(std::move(node));
  report->has_persistent_kernels =
      report->has_persistent_kernels || !of.plan().persistent_launches.empty();
  AddMemory(of.plan(), &report->memory);
}

StatusOr<std::string> DescribeVariants(const RequestPlan& of) {
  MACE_ASSIGN_OR_RETURN(const ConstantPins constants, ConstantPins::HoldAll(of.graph()));
  MACE_ASSIGN_OR_RETURN(const GraphVariants variants, FindVariantsOf(of.plan(), of.compiler()));
  return DumpVariants(of.plan(), variants);
}

StatusOr<std::string> Describe(const RequestPlan& of, Stage stage) {
  switch (stage) {
    case Stage::kGraph:
      return DumpGraph(of.imported());
    case Stage::kPasses:
      return DumpGraph(of.graph());
    case Stage::kVariants:
      return DescribeVariants(of);
    case Stage::kPlan:
      break;
  }
  return DumpPlan(of.plan());
}

}  // namespace

StatusOr<ModelReport> ReportModel(Request* request) {
  return OnPlansOf(*request, [](const std::vector<RequestPlan>& plans) -> StatusOr<ModelReport> {
    ModelReport report;
    for (const RequestPlan& of : plans) AddPlan(of, &report);
    return report;
  });
}

StatusOr<std::string> DescribeStage(Request* request, Stage stage) {
  return OnPlansOf(*request, [&](const std::vector<RequestPlan>& plans) -> StatusOr<std::string> {
    std::string text;
    for (size_t k = 0; k < plans.size(); ++k) {
      if (plans.size() > 1) {
        text += "stage " + std::to_string(k) + " of " + std::to_string(plans.size()) + ":\n";
      }
      MACE_ASSIGN_OR_RETURN(const std::string of_plan, Describe(plans[k], stage));
      text += of_plan;
    }
    return text;
  });
}

}  // namespace mace
