#include "mace/plan/plan.h"

#include <algorithm>

#include "mace/plan/builder.h"
#include "mace/plan/candidates.h"
#include "mace/plan/chain.h"
#include "mace/plan/memory.h"
#include "mace/plan/scratch_limit.h"
#include "mace/plan/select.h"
#include "mace/plan/signature.h"

namespace mace {
namespace {

Status RefuseFallback(const Graph& graph, const std::vector<NodeCandidates>& candidates,
                      const std::vector<int>& ways) {
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    if (ways[n] >= 0) continue;
    const Node& node = graph.nodes[n];
    return Unsupported("node '" + node.name + "' (" + node.type +
                       ") would run on the CPU and fall-back is off: " + candidates[n].why);
  }
  return Status::Ok();
}

// What reads integers that only the host has stays there, unless its ways take them too: a way that
// only kernels' integers fit would have them cut.
class HostIntegers {
 public:
  HostIntegers(const Graph& graph, bool inputs_fit)
      : graph_(graph), fit_(graph.values.size(), false) {
    for (const GraphPort& input : graph.inputs) fit_[static_cast<size_t>(input.value)] = inputs_fit;
  }

  // In the order of the graph.
  void Visit(const Node& node, NodeCandidates* found) {
    const bool any = std::any_of(node.inputs.begin(), node.inputs.end(), [&](ValueId id) {
      return id != kNoValue && !graph_.IsConstant(id) && !fit_[static_cast<size_t>(id)] &&
             DeviceTypeOf(graph_.value(id).info.dtype) == DeviceType::kInteger;
    });
    std::vector<Lowering>& ways = found->ways;
    if (any && !ways.empty()) {
      const auto last = std::remove_if(ways.begin(), ways.end(), [](const Lowering& way) {
        return way.integers != Integers::kAny;
      });
      ways.erase(last, ways.end());
      if (ways.empty()) found->why = "an input holds integers of the host";
    }
    for (ValueId id : node.outputs) fit_[static_cast<size_t>(id)] = !ways.empty();
  }

 private:
  const Graph& graph_;
  std::vector<bool> fit_;
};

std::vector<NodeCandidates> FindAllCandidates(const Plan& plan, const DeviceInfo* device) {
  const Graph& graph = *plan.bound.graph;
  std::vector<NodeCandidates> candidates(graph.nodes.size());
  if (device == nullptr) {
    for (NodeCandidates& none : candidates) none.why = "the device is the CPU";
    return candidates;
  }
  const std::vector<Precision> precisions =
      plan.options.precisions.empty()
          ? NodePrecisions(graph, plan.bound.ops, plan.options.precision)
          : plan.options.precisions;
  const std::vector<double> scratch_limits = ScratchLimits(graph, plan.options.precision);
  HostIntegers host_integers(graph, plan.options.integer_inputs_fit);
  PlanOptions options = plan.options;
  options.precisions.clear();  // A list over all nodes: each is asked for its own.
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    options.precision = precisions[n];
    if (plan.options.most_scratch_bytes < 0) options.most_scratch_bytes = scratch_limits[n];
    candidates[n] = FindCandidates(graph, graph.nodes[n], *plan.bound.ops[n], *device, options);
    host_integers.Visit(graph.nodes[n], &candidates[n]);
  }
  return candidates;
}

// What was chosen among.
void Explain(const std::vector<Lowering>& ways, size_t chosen, NodePlacement* placement) {
  for (size_t w = 0; w < ways.size(); ++w) {
    const bool measured = ways[w].measured_ms >= 0;
    if (!measured && ways[w].needs_measurement) continue;
    const bool image = !ways[w].outputs.empty() && ways[w].outputs[0].storage == Storage::kImage;
    const ConsideredWay way = {ways[w].variant + (image ? " in images" : ""),
                               measured ? ways[w].measured_ms : ways[w].estimate_ms, measured};
    if (w == chosen) {
      placement->chosen = way;
    } else {
      placement->rejected.push_back(way);
    }
  }
  std::stable_sort(placement->rejected.begin(), placement->rejected.end(),
                   [](const ConsideredWay& a, const ConsideredWay& b) { return a.ms < b.ms; });
}

std::vector<NodePlacement> PlaceNodes(const Graph& graph,
                                      const std::vector<NodeCandidates>& candidates,
                                      const std::vector<int>& ways) {
  std::vector<NodePlacement> placements(graph.nodes.size());
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    NodePlacement& placement = placements[n];
    placement.why = candidates[n].why;
    if (ways[n] < 0) {
      placement.place = NodePlacement::Place::kCpu;
      continue;
    }
    const Lowering& way = candidates[n].ways[static_cast<size_t>(ways[n])];
    const bool image = !way.outputs.empty() && way.outputs[0].storage == Storage::kImage;
    placement.place = image ? NodePlacement::Place::kGpuImage : NodePlacement::Place::kGpuBuffer;
    placement.variant = way.variant;
    placement.way_id = WayId(way);
    placement.precision = way.precision;
    Explain(candidates[n].ways, static_cast<size_t>(ways[n]), &placement);
  }
  return placements;
}

// One program of all distinct kernels.
Status ComposePrograms(Plan* plan) {
  std::vector<KernelInstance> kernels;
  for (const PlannedLaunch& planned : plan->launches) {
    const bool is_call = planned.launch.call.has_value();
    plan->launch_program.push_back(is_call ? -1 : 0);
    if (!is_call && !planned.is_chained()) kernels.push_back(planned.launch.kernel);
  }
  const std::vector<KernelInstance> chained = ChainedKernels(*plan);
  if (kernels.empty() && chained.empty()) return Status::Ok();
  MACE_ASSIGN_OR_RETURN(std::string text, ComposeProgram(kernels, chained));
  if (!chained.empty()) {
    MACE_ASSIGN_OR_RETURN(const std::string chain, ChainText(*plan));
    text += chain;
  }
  plan->program_sources.push_back(std::move(text));
  return Status::Ok();
}

}  // namespace

DeviceInfo WithMeasuredPeaks(DeviceInfo device, const PlanOptions& options) {
  if (options.measured_gflops > 0) device.measured_gflops = options.measured_gflops;
  if (options.measured_gbytes_per_second > 0) {
    device.measured_gbytes_per_second = options.measured_gbytes_per_second;
  }
  return device;
}

StatusOr<std::unique_ptr<Plan>> MakePlan(std::shared_ptr<const Graph> graph,
                                         const DeviceInfo* given_device,
                                         const PlanOptions& options) {
  const DeviceInfo with_peaks =
      given_device == nullptr ? DeviceInfo() : WithMeasuredPeaks(*given_device, options);
  const DeviceInfo* const device = given_device == nullptr ? nullptr : &with_peaks;
  auto plan = std::make_unique<Plan>();
  MACE_ASSIGN_OR_RETURN(plan->bound, BindGraph(graph));
  plan->options = options;
  std::vector<NodeCandidates> candidates = FindAllCandidates(*plan, device);
  const std::vector<int> ways = device == nullptr ? std::vector<int>(graph->nodes.size(), -1)
                                                  : SelectWays(*graph, candidates, *device);
  if (device != nullptr && !options.allow_fallback)
    MACE_RETURN_IF_ERROR(RefuseFallback(*graph, candidates, ways));
  plan->placements = PlaceNodes(*graph, candidates, ways);
  MACE_RETURN_IF_ERROR(BuildSteps(plan.get(), &candidates, ways));
  PlanMemory(plan.get(), device == nullptr ? MemoryRules() : MemoryRulesOf(*device));
  if (device != nullptr && plan->arena_bytes > device->max_allocation_bytes) {
    return ResourceExhausted("device memory: the activations need " +
                             std::to_string(plan->arena_bytes) +
                             " bytes in one buffer, the limit of device '" + device->name +
                             "' is " + std::to_string(device->max_allocation_bytes));
  }
  if (device != nullptr && options.chain_launches && UsesChains(*device) &&
      WeightsFitOneBuffer(*plan, *device)) {
    FindChains(*device, plan.get());
  }
  MACE_RETURN_IF_ERROR(ComposePrograms(plan.get()));
  return plan;
}

}  // namespace mace
