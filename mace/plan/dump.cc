#include <cstdio>
#include <sstream>

#include "mace/plan/integer_kernels.h"
#include "mace/plan/memory.h"
#include "mace/plan/plan.h"

namespace mace {
namespace {

const char* PlaceName(NodePlacement::Place place) {
  switch (place) {
    case NodePlacement::Place::kGpuImage:
      return "gpu_image";
    case NodePlacement::Place::kGpuBuffer:
      return "gpu_buffer";
    case NodePlacement::Place::kCpu:
      return "cpu";
    case NodePlacement::Place::kFolded:
      return "folded";
  }
  return "folded";
}

std::string WorkSizeText(const WorkSize& size) {
  return std::to_string(size[0]) + "x" + std::to_string(size[1]) + "x" + std::to_string(size[2]);
}

void DumpStep(const Plan& plan, const Step& step, std::ostringstream* out) {
  const size_t index = static_cast<size_t>(step.index);
  if (step.kind == Step::Kind::kCpu) {
    *out << "  cpu       " << plan.bound.graph->nodes[index].name << "\n";
    return;
  }
  if (step.kind == Step::Kind::kChain) {
    const LaunchChain& chain = plan.chains[index];
    *out << "  chain     " << chain.launches.size() << " launches in one\n";
    for (int launch : chain.launches) {
      *out << "  ";
      DumpStep(plan, {Step::Kind::kLaunch, launch}, out);
    }
    return;
  }
  if (step.kind != Step::Kind::kLaunch) {
    const DeviceTensor& tensor = plan.tensors[index];
    *out << (step.kind == Step::Kind::kUpload ? "  upload    " : "  download  ")
         << plan.bound.graph->value(tensor.value).name << " " << tensor.info.shape.ToString()
         << "\n";
    return;
  }
  const PlannedLaunch& planned = plan.launches[index];
  *out << (planned.launch.call.has_value() ? "  call      " : "  launch    ")
       << planned.launch.kernel.base_name;
  if (!planned.launch.call.has_value()) {
    *out << " " << WorkSizeText(planned.launch.global) << " / "
         << WorkSizeText(planned.launch.local);
  }
  if (planned.node >= 0)
    *out << "  " << plan.bound.graph->nodes[static_cast<size_t>(planned.node)].name;
  *out << "\n";
}

std::string MsText(const ConsideredVariant& variant) {
  char text[64];
  std::snprintf(text, sizeof(text), "%.4f ms%s", variant.ms, variant.measured ? " measured" : "");
  return text;
}

// "0.0120 ms, before conv2d_direct 0.0250 ms (and 3 more)".
std::string ReasonText(const NodePlacement& placement) {
  if (placement.rejected.empty()) return "the only way";
  const std::vector<ConsideredVariant>& others = placement.rejected;
  const bool dearer = placement.chosen.ms > others[0].ms;
  std::string text =
      MsText(placement.chosen) + ", before " + others[0].variant + " " + MsText(others[0]);
  if (others.size() > 1) text += " (and " + std::to_string(others.size() - 1) + " more)";
  // A layout that neighbours have, or fewer launches, outweighed it.
  return dearer ? text + ": cheaper with launches and conversions" : text;
}

}  // namespace

std::string DumpPlan(const Plan& plan) {
  std::ostringstream out;
  out << "nodes\n";
  for (size_t n = 0; n < plan.bound.graph->nodes.size(); ++n) {
    const Node& node = plan.bound.graph->nodes[n];
    const NodePlacement& placement = plan.placements[n];
    out << "  " << PlaceName(placement.place) << " " << node.type << " '" << node.name << "' "
        << placement.variant;
    if (!placement.variant.empty() && plan.options.precision == Precision::kFloat16) {
      out << (placement.precision == Precision::kFloat16 ? " f16" : " f32");
    }
    if (!placement.why.empty()) out << " (" << placement.why << ")";
    if (!placement.variant.empty()) out << "  " << ReasonText(placement);
    out << "\n";
  }
  const std::string integers = DescribeIntegerKernels(plan);
  if (!integers.empty()) out << integers << "\n";
  if (!plan.setup_steps.empty()) out << "once\n";
  for (const Step& step : plan.setup_steps) DumpStep(plan, step, &out);
  out << "each run";
  if (plan.batch_slices > 1) out << ", for each of " << plan.batch_slices << " slices of the batch";
  out << "\n";
  for (const Step& step : plan.steps) DumpStep(plan, step, &out);
  const MemoryUse use = MemoryUseOf(plan);
  const std::string why = use.WhyAboveBound();
  out << "memory: weights " << use.weight_bytes << " bytes, arena " << plan.arena_bytes
      << " bytes, images " << use.pool_bytes << " bytes; live at most " << use.live_bytes
      << " bytes; in all " << use.peak_bytes() << " of " << use.bound_bytes()
      << " bytes (weights and 1.3 times the live ones)" << (why.empty() ? "" : ": " + why) << "\n"
      << "programs: " << plan.program_sources.size() << "\n";
  return out.str();
}

}  // namespace mace
