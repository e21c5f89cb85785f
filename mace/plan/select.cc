#include "mace/plan/select.h"

#include <algorithm>
#include <limits>

#include "mace/ops/roofline.h"

namespace mace {
namespace {

constexpr TensorFormat kHostFormat = {Layout::kRowMajor, Storage::kBuffer, Precision::kFloat32};

double ConversionMs(const TensorInfo& info, const TensorFormat& from, const TensorFormat& to,
                    const DeviceInfo& device) {
  if (SameBytes(info.shape, from, to)) return 0;
  // Kernels of both layouts are to be compiled where a plan has both, which has to pay.
  constexpr double kLayoutMs = 0.2;
  const bool blocks = BlockChannels(from.layout) != BlockChannels(to.layout);
  const bool image = from.storage == Storage::kImage || to.storage == Storage::kImage;
  const double ms = BytesMs(device, 2.0 * static_cast<double>(info.bytes()));
  // A thread of a CPU finds elements in another order one by one.
  const double slowdown = device.kind == DeviceKind::kCpu ? 2.5 : 1;
  return LaunchMs(device) + (blocks ? kLayoutMs : 0) +
         slowdown * ms * (image ? ImageSlowdown(device) : 1);
}

class Selector {
 public:
  Selector(const Graph& graph, const std::vector<NodeCandidates>& candidates,
           const DeviceInfo& device)
      : graph_(graph),
        candidates_(candidates),
        device_(device),
        producers_(graph.Producers()),
        consumers_(graph.Consumers()),
        costs_(graph.nodes.size()),
        chosen_(graph.nodes.size(), -1) {}

  std::vector<int> Run() {
    for (size_t n = 0; n < graph_.nodes.size(); ++n) CostForward(n);
    for (size_t n = graph_.nodes.size(); n-- > 0;) ChooseBackward(n);
    return chosen_;
  }

 private:
  TensorFormat OutputFormat(size_t node, int way, ValueId value) const {
    if (way < 0) return kHostFormat;
    const Lowering& lowering = candidates_[node].ways[static_cast<size_t>(way)];
    const std::vector<ValueId>& outputs = graph_.nodes[node].outputs;
    const size_t index =
        static_cast<size_t>(std::find(outputs.begin(), outputs.end(), value) - outputs.begin());
    return index < lowering.outputs.size() ? lowering.outputs[index] : kHostFormat;
  }

  TensorFormat InputFormat(size_t node, int way, size_t input) const {
    if (way < 0) return kHostFormat;
    const Lowering& lowering = candidates_[node].ways[static_cast<size_t>(way)];
    return input < lowering.inputs.size() ? lowering.inputs[input] : kHostFormat;
  }

  // Cost of having `value` in `format`: its maker's share, and the conversion.
  double CostToHave(ValueId value, const TensorFormat& format) const {
    const int producer = producers_[static_cast<size_t>(value)];
    const TensorInfo& info = graph_.value(value).info;
    if (producer < 0) return ConversionMs(info, kHostFormat, format, device_);
    const size_t node = static_cast<size_t>(producer);
    const double uses =
        static_cast<double>(std::max<size_t>(consumers_[static_cast<size_t>(value)].size(), 1));
    double best = std::numeric_limits<double>::infinity();
    for (size_t way = 0; way < costs_[node].size(); ++way) {
      const int index = candidates_[node].ways.empty() ? -1 : static_cast<int>(way);
      best =
          std::min(best, costs_[node][way] / uses +
                             ConversionMs(info, OutputFormat(node, index, value), format, device_));
    }
    return best;
  }

  // costs_[node][way]: the estimate of the way and of all that it needs. A CPU node has one entry.
  void CostForward(size_t n) {
    const Node& node = graph_.nodes[n];
    const size_t count = std::max<size_t>(candidates_[n].ways.size(), 1);
    for (size_t w = 0; w < count; ++w) {
      const int way = candidates_[n].ways.empty() ? -1 : static_cast<int>(w);
      double cost = way < 0 ? 0 : WayMs(candidates_[n].ways[w], device_);
      for (size_t i = 0; i < node.inputs.size(); ++i) {
        if (node.inputs[i] == kNoValue || graph_.IsConstant(node.inputs[i])) continue;
        cost += CostToHave(node.inputs[i], InputFormat(n, way, i));
      }
      costs_[n].push_back(cost);
    }
  }

  // Consumers have chosen: takes the way that is cheapest with the conversions they need.
  void ChooseBackward(size_t n) {
    if (candidates_[n].ways.empty()) return;
    double best = std::numeric_limits<double>::infinity();
    for (size_t w = 0; w < costs_[n].size(); ++w) {
      double cost = costs_[n][w];
      for (ValueId value : graph_.nodes[n].outputs)
        cost += ConversionsAfter(n, static_cast<int>(w), value);
      if (cost < best) {
        best = cost;
        chosen_[n] = static_cast<int>(w);
      }
    }
  }

  double ConversionsAfter(size_t n, int way, ValueId value) const {
    const TensorInfo& info = graph_.value(value).info;
    const TensorFormat made = OutputFormat(n, way, value);
    double cost = graph_.IsGraphOutput(value) ? ConversionMs(info, made, kHostFormat, device_) : 0;
    std::vector<TensorFormat> needed;  // Each format is converted to once, however many read it.
    for (int consumer : consumers_[static_cast<size_t>(value)]) {
      const size_t c = static_cast<size_t>(consumer);
      for (size_t i = 0; i < graph_.nodes[c].inputs.size(); ++i) {
        if (graph_.nodes[c].inputs[i] != value) continue;
        const TensorFormat format = InputFormat(c, chosen_[c], i);
        if (std::find(needed.begin(), needed.end(), format) != needed.end()) continue;
        needed.push_back(format);
        cost += ConversionMs(info, made, format, device_);
      }
    }
    return cost;
  }

  const Graph& graph_;
  const std::vector<NodeCandidates>& candidates_;
  const DeviceInfo& device_;
  const std::vector<int> producers_;
  const std::vector<std::vector<int>> consumers_;
  std::vector<std::vector<double>> costs_;
  std::vector<int> chosen_;
};

}  // namespace

std::vector<int> SelectWays(const Graph& graph, const std::vector<NodeCandidates>& candidates,
                            const DeviceInfo& device) {
  return Selector(graph, candidates, device).Run();
}

double WayMs(const Lowering& way, const DeviceInfo& device) {
  if (way.measured_ms >= 0) return way.measured_ms;
  if (way.needs_measurement) return std::numeric_limits<double>::infinity();
  return way.estimate_ms + LaunchMs(device) * static_cast<double>(way.launches.size());
}

}  // namespace mace
