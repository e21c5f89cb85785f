#include <algorithm>
#include <cstdio>
#include <sstream>

#include "mace/plan/integer_kernels.h"
#include "mace/plan/memory.h"
#include "mace/plan/plan.h"
#include "mace/plan/signature.h"

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
  if (step.kind == Step::Kind::kPersistent) {
    const PersistentLaunch& persistent = plan.persistent_launches[index];
    *out << "  persistent  " << persistent.launches.size() << " launches in one\n";
    for (int launch : persistent.launches) {
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
  if (placement.rejected.empty()) return "the only variant";
  const std::vector<ConsideredVariant>& others = placement.rejected;
  const bool dearer = placement.chosen.ms > others[0].ms;
  std::string text =
      MsText(placement.chosen) + ", before " + others[0].variant + " " + MsText(others[0]);
  if (others.size() > 1) text += " (and " + std::to_string(others.size() - 1) + " more)";
  // A neighbour's layout or fewer launches outweighed the difference.
  return dearer ? text + ": cheaper with launches and conversions" : text;
}

const char* PrecisionName(Precision precision) {
  return precision == Precision::kFloat16 ? "f16" : precision == Precision::kInt8 ? "i8" : "f32";
}

const char* StorageName(const KernelVariant& variant) {
  const bool image = !variant.outputs.empty() && variant.outputs[0].storage == Storage::kImage;
  return image ? "image" : "buffer";
}

// "2 launches 8x8x1 16x1x1": the number of launches and the work-group of each.
std::string LaunchesText(const KernelVariant& variant) {
  const size_t count = variant.launches.size();
  if (count == 0) return "no launch";
  std::string text = std::to_string(count) + (count == 1 ? " launch" : " launches");
  for (const Launch& launch : variant.launches) {
    text += " " + (launch.call.has_value() ? launch.kernel.base_name : WorkSizeText(launch.local));
  }
  return text;
}

std::string TimeText(const KernelVariant& variant) {
  if (!MayBeChosen(variant)) return "needs a measurement";
  const bool measured = variant.measured_ms >= 0;
  char text[64];
  std::snprintf(text, sizeof(text), "%.4f ms%s",
                measured ? variant.measured_ms : variant.estimate_ms, measured ? " measured" : "");
  return text;
}

std::string Padded(std::string text, size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text + " ";
}

// The widths of columns whose words have any length.
struct VariantColumns {
  size_t name = 0;
  size_t launches = 0;
};

VariantColumns ColumnsOf(const GraphVariants& variants) {
  VariantColumns columns;
  for (const NodeVariants& offered : variants.nodes) {
    for (const KernelVariant& variant : offered.variants) {
      columns.name = std::max(columns.name, variant.name.size());
      columns.launches = std::max(columns.launches, LaunchesText(variant).size());
    }
  }
  return columns;
}

std::string VariantText(const KernelVariant& variant, bool chosen, const VariantColumns& columns) {
  return (chosen ? "  * " : "    ") + Padded(variant.name, columns.name) +
         Padded(StorageName(variant), 6) + Padded(PrecisionName(variant.precision), 3) +
         Padded(LaunchesText(variant), columns.launches) + TimeText(variant);
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
      << " bytes, pool " << use.pool_bytes << " bytes; live at most " << use.live_bytes
      << " bytes; in all " << use.peak_bytes() << " of " << use.bound_bytes()
      << " bytes (weights and 1.3 times the live ones)" << (why.empty() ? "" : ": " + why) << "\n"
      << "programs: " << plan.program_sources.size() << "\n";
  return out.str();
}

std::string DumpVariants(const Plan& plan, const GraphVariants& variants) {
  const VariantColumns columns = ColumnsOf(variants);
  std::ostringstream out;
  for (size_t n = 0; n < variants.nodes.size(); ++n) {
    const Node& node = plan.bound.graph->nodes[n];
    const NodeVariants& offered = variants.nodes[n];
    const NodePlacement& placement = plan.placements[n];
    out << node.type << " '" << node.name << "'";
    if (placement.variant_id.empty()) out << " on the CPU";
    const std::string& why = offered.why.empty() ? placement.why : offered.why;
    if (!why.empty()) out << " (" << why << ")";
    out << "\n";
    for (const KernelVariant& variant : offered.variants) {
      out << VariantText(variant, VariantId(variant) == placement.variant_id, columns) << "\n";
    }
  }
  return out.str();
}

}  // namespace mace
