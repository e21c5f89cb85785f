#include "mace/passes/device/fuse_nodes.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "mace/graph/output_marks.h"
#include "mace/passes/device/node_estimate.h"
#include "mace/plan/node_precisions.h"

namespace mace {
namespace {

// Whether the pass fuse_requantize made the node round its result; a fused node rounds nothing.
bool RoundsToInt8(const Node& node) { return node.attributes.Has("y_scale"); }

class Fuser {
 public:
  Fuser(const DeviceInfo& device, const PlanOptions& options, FuseFunction fuse, Graph* graph,
        OpList* ops)
      : device_(device), options_(options), fuse_(fuse), graph_(*graph), ops_(*ops) {}

  void Run() {
    const std::vector<int> producers = graph_.Producers();
    const std::vector<std::vector<int>> consumers = graph_.Consumers();
    const OutputMarks outputs(graph_);
    std::vector<bool> removed(graph_.nodes.size(), false);
    for (size_t n = 0; n < graph_.nodes.size(); ++n) {
      const Node& node = graph_.nodes[n];
      if (node.inputs.empty() || node.inputs[0] == kNoValue) continue;
      const size_t x = static_cast<size_t>(node.inputs[0]);
      if (producers[x] < 0 || consumers[x].size() != 1 || outputs.IsOutput(node.inputs[0])) {
        continue;
      }
      const size_t producer = static_cast<size_t>(producers[x]);
      if (RoundsToInt8(graph_.nodes[producer]) || RoundsToInt8(node)) continue;
      std::optional<Node> fused = fuse_(graph_.nodes[producer], node);
      if (!fused.has_value()) continue;
      if (precisions_.empty()) {
        precisions_ = NodePrecisions(graph_, ops_, options_.precision);
      }
      StatusOr<std::shared_ptr<const Op>> op = OpOf(&*fused);
      if (!op.ok() || !IsCheaper({*fused, **op, precisions_[n]}, producer, n)) continue;
      removed[producer] = true;
      graph_.nodes[n] = std::move(*fused);
      ops_[n] = *std::move(op);
    }
    RemoveNodes(removed, &graph_, &ops_);
  }

 private:
  double CheapestMs(const EstimatedNode& node, size_t max_launches) const {
    return CheapestNodeMs(graph_, node, device_, options_, max_launches);
  }
  double CheapestMs(size_t n) const {
    return CheapestMs({graph_.nodes[n], *ops_[n], precisions_[n]}, SIZE_MAX);
  }

  bool IsCheaper(const EstimatedNode& fused, size_t first, size_t second) const {
    // The op may also offer to run the two one behind the other, which would gain nothing.
    const double together = CheapestMs(fused, 1);
    if (together == std::numeric_limits<double>::infinity()) return false;
    return together < CheapestMs(first) + CheapestMs(second);
  }

  const DeviceInfo& device_;
  const PlanOptions& options_;
  const FuseFunction fuse_;
  Graph& graph_;
  OpList& ops_;
  std::vector<Precision> precisions_;  // Found for the first pair.
};

}  // namespace

ValueId InputOrNone(const Node& node, size_t input) {
  return input < node.inputs.size() ? node.inputs[input] : kNoValue;
}

AttributeMap FuseAttributes(const Node& first, const Node& second, const std::string& prefix) {
  AttributeMap attributes = second.attributes;
  for (const auto& [name, value] : first.attributes.values()) attributes.Set(prefix + name, value);
  return attributes;
}

void FuseNodes(const DeviceInfo& device, const PlanOptions& options, FuseFunction fuse,
               Graph* graph, OpList* ops) {
  // All that is fused runs in local memory.
  if (device.kind == DeviceKind::kCpu || device.local_memory_is_emulated) return;
  Fuser(device, options, fuse, graph, ops).Run();
}

}  // namespace mace
