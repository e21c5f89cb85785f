#include "mace/plan/choose_by_cost.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "mace/graph/output_marks.h"
#include "mace/kernel/roofline.h"
#include "mace/plan/tensor_formats.h"

namespace mace {
namespace {

double ConversionMs(const TensorInfo& info, const TensorFormat& from, const TensorFormat& to,
                    const DeviceInfo& device) {
  if (SameBytes(info.shape, from, to)) return 0;
  // A plan with both layouts compiles kernels for both. This is the time that must be gained in
  // return.
  constexpr double kLayoutMs = 0.2;
  const bool blocks = BlockChannels(from.layout) != BlockChannels(to.layout);
  const bool image = from.storage == Storage::kImage || to.storage == Storage::kImage;
  const double ms = BytesMs(device, 2.0 * static_cast<double>(info.bytes()));
  // A CPU reads elements in another order one by one.
  const double slowdown = device.kind == DeviceKind::kCpu ? 2.5 : 1;
  return LaunchMs(device) + (blocks ? kLayoutMs : 0) +
         slowdown * ms * (image ? ImageSlowdown(device) : 1);
}

class Chooser {
 public:
  // REQUIRES: the variants are for a device.
  Chooser(const Graph& graph, const GraphVariants& variants)
      : graph_(graph),
        variants_(variants.nodes),
        device_(*variants.device),
        outputs_(graph),
        makers_(graph.values.size()),
        uses_(graph.values.size()),
        costs_(graph.nodes.size()),
        on_cpu_(graph.nodes.size(), false),
        chosen_(graph.nodes.size(), NodeChoice::kCpu) {
    for (size_t n = 0; n < graph.nodes.size(); ++n) {
      const Node& node = graph.nodes[n];
      for (size_t i = 0; i < node.inputs.size(); ++i) {
        if (node.inputs[i] != kNoValue) uses_[Index(node.inputs[i])].push_back({n, i});
      }
      for (size_t i = 0; i < node.outputs.size(); ++i) {
        if (node.outputs[i] == kNoValue) continue;
        makers_[Index(node.outputs[i])] = Place{n, i};
      }
    }
  }

  std::vector<int> Run() {
    for (size_t n = 0; n < graph_.nodes.size(); ++n) CostForward(n);
    for (size_t n = graph_.nodes.size(); n-- > 0;) ChooseBackward(n);
    return chosen_;
  }

 private:
  // A node, and the index of one of its inputs or outputs.
  struct Place {
    size_t node;
    size_t index;
  };

  static size_t Index(ValueId id) { return static_cast<size_t>(id); }

  TensorFormat OutputFormat(size_t node, int variant, size_t index) const {
    if (variant < 0) return kHostFormat;
    const KernelVariant& kernel_variant = variants_[node].variants[static_cast<size_t>(variant)];
    return index < kernel_variant.outputs.size() ? kernel_variant.outputs[index] : kHostFormat;
  }

  TensorFormat InputFormat(size_t node, int variant, size_t input) const {
    if (variant < 0) return kHostFormat;
    const KernelVariant& kernel_variant = variants_[node].variants[static_cast<size_t>(variant)];
    return input < kernel_variant.inputs.size() ? kernel_variant.inputs[input] : kHostFormat;
  }

  // Cost of `value` in `format`: a share of its maker's cost, and the conversion.
  double CostToHave(ValueId value, const TensorFormat& format) const {
    const std::optional<Place>& maker = makers_[Index(value)];
    const TensorInfo& info = graph_.value(value).info;
    if (!maker.has_value()) return ConversionMs(info, kHostFormat, format, device_);
    const size_t node = maker->node;
    const double uses = static_cast<double>(std::max<size_t>(uses_[Index(value)].size(), 1));
    double best = std::numeric_limits<double>::infinity();
    for (size_t variant = 0; variant < costs_[node].size(); ++variant) {
      const int index = on_cpu_[node] ? NodeChoice::kCpu : static_cast<int>(variant);
      const TensorFormat made = OutputFormat(node, index, maker->index);
      best =
          std::min(best, costs_[node][variant] / uses + ConversionMs(info, made, format, device_));
    }
    return best;
  }

  // costs_[node][variant]: the estimate of the variant and of everything that it needs. A CPU node
  // has one entry.
  void CostForward(size_t n) {
    const Node& node = graph_.nodes[n];
    on_cpu_[n] = !AnyMayBeChosen(variants_[n]);
    const size_t count = on_cpu_[n] ? 1 : variants_[n].variants.size();
    for (size_t w = 0; w < count; ++w) {
      const int variant = on_cpu_[n] ? NodeChoice::kCpu : static_cast<int>(w);
      double cost = on_cpu_[n] ? 0 : VariantMs(variants_[n].variants[w], device_);
      for (size_t i = 0; i < node.inputs.size(); ++i) {
        if (node.inputs[i] == kNoValue || graph_.IsConstant(node.inputs[i])) continue;
        cost += CostToHave(node.inputs[i], InputFormat(n, variant, i));
      }
      costs_[n].push_back(cost);
    }
  }

  // Consumers have chosen already. Takes the cheapest variant, including the conversions that they
  // need.
  void ChooseBackward(size_t n) {
    if (on_cpu_[n]) return;
    double best = std::numeric_limits<double>::infinity();
    for (size_t w = 0; w < costs_[n].size(); ++w) {
      double cost = costs_[n][w];
      for (size_t i = 0; i < graph_.nodes[n].outputs.size(); ++i) {
        cost += ConversionsAfter({n, i}, static_cast<int>(w));
      }
      if (cost < best) {
        best = cost;
        chosen_[n] = static_cast<int>(w);
      }
    }
  }

  double ConversionsAfter(Place output, int variant) const {
    const ValueId value = graph_.nodes[output.node].outputs[output.index];
    const TensorInfo& info = graph_.value(value).info;
    const TensorFormat made = OutputFormat(output.node, variant, output.index);
    double cost = outputs_.IsOutput(value) ? ConversionMs(info, made, kHostFormat, device_) : 0;
    std::vector<TensorFormat> needed;  // Conversions; one serves all readers.
    for (const Place& use : uses_[Index(value)]) {
      const TensorFormat format = InputFormat(use.node, chosen_[use.node], use.index);
      if (std::find(needed.begin(), needed.end(), format) != needed.end()) continue;
      needed.push_back(format);
      cost += ConversionMs(info, made, format, device_);
    }
    return cost;
  }

  const Graph& graph_;
  const std::vector<NodeVariants>& variants_;
  const DeviceInfo& device_;
  const OutputMarks outputs_;
  std::vector<std::optional<Place>> makers_;  // By value; none for graph inputs and constants.
  std::vector<std::vector<Place>> uses_;      // By value: every node input that reads it.
  std::vector<std::vector<double>> costs_;
  std::vector<bool> on_cpu_;
  std::vector<int> chosen_;
};

}  // namespace

Choice ChooseByCost(const Graph& graph, const GraphVariants& variants) {
  Choice choice;
  choice.by_cost = true;
  choice.nodes.resize(graph.nodes.size());
  if (!variants.device.has_value()) return choice;
  const std::vector<int> chosen = Chooser(graph, variants).Run();
  for (size_t n = 0; n < chosen.size(); ++n) choice.nodes[n].variant = chosen[n];
  return choice;
}

double VariantMs(const KernelVariant& variant, const DeviceInfo& device) {
  if (variant.measured_ms >= 0) return variant.measured_ms;
  if (variant.needs_measurement) return std::numeric_limits<double>::infinity();
  return variant.estimate_ms + LaunchMs(device) * static_cast<double>(variant.launches.size());
}

}  // namespace mace
