#include "mace/plan/plan.h"

#include <algorithm>

#include "mace/graph/describe.h"
#include "mace/plan/builder.h"
#include "mace/plan/choose_by_cost.h"
#include "mace/plan/host_integers.h"
#include "mace/plan/memory.h"
#include "mace/plan/persistent_kernel.h"
#include "mace/plan/signature.h"

namespace mace {
namespace {

// Why a node runs on the CPU, or not in the preferred storage.
std::string WhyOf(const NodeVariants& offered, const NodeChoice& choice, bool by_cost) {
  if (!choice.on_cpu() || offered.variants.empty() || !offered.why.empty()) return offered.why;
  return by_cost ? "each variant has to be measured first" : "as it was chosen";
}

Status RefuseFallback(const Graph& graph, const GraphVariants& variants, const Choice& choice) {
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    if (!choice.nodes[n].on_cpu()) continue;
    return Unsupported(DescribeNode(graph.nodes[n]) +
                       " would run on the CPU, and the fallback to the CPU is off: " +
                       WhyOf(variants.nodes[n], choice.nodes[n], choice.by_cost));
  }
  return Status::Ok();
}

// Counts, and what a choice names.
StatusOr<ChosenVariants> TakeChosen(const Graph& graph, const GraphVariants& variants,
                                    const Choice& choice) {
  const size_t nodes = graph.nodes.size();
  if (variants.nodes.size() != nodes || choice.nodes.size() != nodes) {
    return InvalidArgument("a plan of " + std::to_string(nodes) + " nodes: found variants of " +
                           std::to_string(variants.nodes.size()) + " and the choice of " +
                           std::to_string(choice.nodes.size()));
  }
  ChosenVariants chosen(nodes);
  for (size_t n = 0; n < nodes; ++n) {
    if (choice.nodes[n].on_cpu()) continue;
    MACE_ASSIGN_OR_RETURN(chosen[n],
                          ChosenVariant(graph.nodes[n], variants.nodes[n],
                                        variants.device.value_or(DeviceInfo()), choice.nodes[n]));
  }
  return chosen;
}

// A variant may require that the device made the integers that it reads. Checks that the choice has
// not moved their maker to the CPU.
Status CheckIntegers(const Graph& graph, const ChosenVariants& chosen, bool wide_integers) {
  HostIntegers integers(graph, wide_integers);
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    if (chosen[n].has_value() && !integers.Allows(node, *chosen[n])) {
      return InvalidArgument(DescribeNode(node) + ": variant '" + chosen[n]->name +
                             "' does not take integers of the host");
    }
    integers.Place(node, chosen[n].has_value());
  }
  return Status::Ok();
}

ConsideredVariant Consider(const KernelVariant& variant) {
  const bool measured = variant.measured_ms >= 0;
  const bool image = !variant.outputs.empty() && variant.outputs[0].storage == Storage::kImage;
  return {variant.name + (image ? " in images" : ""),
          measured ? variant.measured_ms : variant.estimate_ms, measured,
          measured ? VariantId(variant) : ""};
}

// Lists the variants that were rejected.
void AddRejected(const std::vector<KernelVariant>& variants, size_t chosen,
                 NodePlacement* placement) {
  for (size_t v = 0; v < variants.size(); ++v) {
    if (v == chosen || !MayBeChosen(variants[v])) continue;
    placement->rejected.push_back(Consider(variants[v]));
  }
  std::stable_sort(
      placement->rejected.begin(), placement->rejected.end(),
      [](const ConsideredVariant& a, const ConsideredVariant& b) { return a.ms < b.ms; });
}

std::vector<NodePlacement> PlaceNodes(const GraphVariants& variants, const Choice& choice,
                                      const ChosenVariants& chosen) {
  std::vector<NodePlacement> placements(chosen.size());
  for (size_t n = 0; n < chosen.size(); ++n) {
    NodePlacement& placement = placements[n];
    placement.why = WhyOf(variants.nodes[n], choice.nodes[n], choice.by_cost);
    if (!chosen[n].has_value()) {
      placement.place = NodePlacement::Place::kCpu;
      continue;
    }
    const KernelVariant& variant = *chosen[n];
    const bool image = !variant.outputs.empty() && variant.outputs[0].storage == Storage::kImage;
    placement.place = image ? NodePlacement::Place::kGpuImage : NodePlacement::Place::kGpuBuffer;
    placement.variant = variant.name;
    placement.precision = variant.precision;
    placement.chosen = Consider(variant);
    placement.variant_id = placement.chosen.measured ? placement.chosen.id : VariantId(variant);
    if (!choice.by_cost) continue;
    AddRejected(variants.nodes[n].variants, static_cast<size_t>(choice.nodes[n].variant),
                &placement);
  }
  return placements;
}

// Composes one program of all distinct kernels.
Status ComposePrograms(Plan* plan) {
  std::vector<KernelInstance> kernels;
  for (const PlannedLaunch& planned : plan->launches) {
    const bool is_call = planned.launch.call.has_value();
    plan->launch_program.push_back(is_call ? -1 : 0);
    if (!is_call && !planned.is_persistent()) kernels.push_back(planned.launch.kernel);
  }
  const std::vector<KernelInstance> persistent = PersistentFunctions(*plan);
  if (kernels.empty() && persistent.empty()) return Status::Ok();
  MACE_ASSIGN_OR_RETURN(std::string text, ComposeProgram(kernels, persistent));
  if (!persistent.empty()) {
    MACE_ASSIGN_OR_RETURN(const std::string persistent, PersistentKernelText(*plan));
    text += persistent;
  }
  plan->program_sources.push_back(std::move(text));
  return Status::Ok();
}

// Plans memory, persistent launches and programs once the steps are complete.
Status Finish(const DeviceInfo* device, Plan* plan) {
  PlanMemory(plan, device == nullptr ? MemoryRules() : MemoryRulesOf(*device, plan->options));
  const size_t largest = LargestBufferBytes(*plan);
  if (device != nullptr && largest > device->max_allocation_bytes) {
    return ResourceExhausted("device memory: the activations need " + std::to_string(largest) +
                             " bytes in one buffer, the limit of device '" + device->name +
                             "' is " + std::to_string(device->max_allocation_bytes));
  }
  if (device != nullptr && plan->options.use_persistent_kernel && UsesPersistentKernel(*device) &&
      WeightsFitOneBuffer(*plan, *device)) {
    FindPersistentLaunches(*device, plan);
  }
  return ComposePrograms(plan);
}

}  // namespace

StatusOr<std::unique_ptr<Plan>> MakePlan(BoundGraph bound, const GraphVariants& variants,
                                         const Choice& choice, const PlanOptions& options) {
  const Graph& graph = *bound.graph;
  const DeviceInfo* const device = variants.device.has_value() ? &*variants.device : nullptr;
  MACE_ASSIGN_OR_RETURN(ChosenVariants chosen, TakeChosen(graph, variants, choice));
  if (device != nullptr && !options.allow_fallback) {
    MACE_RETURN_IF_ERROR(RefuseFallback(graph, variants, choice));
  }
  MACE_RETURN_IF_ERROR(CheckIntegers(graph, chosen, options.wide_integers));
  auto plan = std::make_unique<Plan>();
  plan->bound = std::move(bound);
  plan->options = options;
  plan->placements = PlaceNodes(variants, choice, chosen);
  MACE_RETURN_IF_ERROR(BuildSteps(plan.get(), &chosen));
  MACE_RETURN_IF_ERROR(Finish(device, plan.get()));
  return plan;
}

StatusOr<std::unique_ptr<Plan>> MakePlan(BoundGraph bound, const DeviceInfo* device,
                                         const PlanOptions& options) {
  MACE_ASSIGN_OR_RETURN(const GraphVariants variants, FindVariants(bound, device, options));
  const Choice choice = ChooseByCost(*bound.graph, variants);
  return MakePlan(std::move(bound), variants, choice, options);
}

StatusOr<std::unique_ptr<Plan>> MakePlan(std::shared_ptr<const Graph> graph,
                                         const DeviceInfo* device, const PlanOptions& options) {
  MACE_ASSIGN_OR_RETURN(BoundGraph bound, BindGraph(std::move(graph)));
  return MakePlan(std::move(bound), device, options);
}

}  // namespace mace
