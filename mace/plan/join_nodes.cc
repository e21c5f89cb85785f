#include "mace/plan/join_nodes.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "mace/graph/output_marks.h"
#include "mace/plan/choose_by_cost.h"
#include "mace/plan/node_precisions.h"

namespace mace {
namespace {

// Of the pass fuse_8_bits. What is joined rounds nothing.
bool RoundsTo8Bits(const Node& node) { return node.attributes.Has("y_scale"); }

class Joiner {
 public:
  Joiner(const DeviceInfo& device, const PlanOptions& options, JoinFunction join, Graph* graph)
      : device_(device), options_(options), join_(join), graph_(*graph) {}

  Status Run() {
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
      if (RoundsTo8Bits(graph_.nodes[producer]) || RoundsTo8Bits(node)) continue;
      std::optional<Node> joined = join_(graph_.nodes[producer], node);
      if (!joined.has_value()) continue;
      if (precisions_.empty()) MACE_RETURN_IF_ERROR(FindPrecisions());
      StatusOr<std::shared_ptr<const Op>> op = BindNode(*joined);
      if (!op.ok() || !IsCheaper({*joined, **op, precisions_[n]}, producer, n)) continue;
      removed[producer] = true;
      graph_.nodes[n] = std::move(*joined);
      ops_[n] = *std::move(op);
    }
    size_t kept = 0;
    for (size_t n = 0; n < graph_.nodes.size(); ++n) {
      if (removed[n]) continue;
      if (kept != n) graph_.nodes[kept] = std::move(graph_.nodes[n]);
      ++kept;
    }
    graph_.nodes.resize(kept);
    return Status::Ok();
  }

 private:
  struct Bound {
    const Node& node;
    const Op& op;
    Precision precision;
  };

  Status FindPrecisions() {
    MACE_ASSIGN_OR_RETURN(ops_, BindNodes(graph_));
    precisions_ = NodePrecisions(graph_, ops_, options_.precision);
    return Status::Ok();
  }

  // Of the cheapest variant on the device, of at most so many launches; infinite where the op
  // refuses the node or has no such variant.
  double CheapestMs(const Bound& bound, size_t most_launches) const {
    constexpr double kNone = std::numeric_limits<double>::infinity();
    std::vector<TensorInfo> outputs;
    if (!bound.op.Infer(MakeOpInputs(graph_, bound.node), &outputs).ok()) return kNone;
    PlanOptions options = options_;
    options.precision = bound.precision;
    double best = kNone;
    for (const Lowering& variant :
         FindVariants(graph_, bound.node, bound.op, device_, options).variants) {
      if (variant.launches.size() > most_launches) continue;
      best = std::min(best, VariantMs(variant, device_));
    }
    return best;
  }

  double CheapestMs(size_t n) const {
    return CheapestMs({graph_.nodes[n], *ops_[n], precisions_[n]}, SIZE_MAX);
  }

  bool IsCheaper(const Bound& joined, size_t first, size_t second) const {
    // It may be offered the two one behind the other as well, which would bring nothing.
    const double together = CheapestMs(joined, 1);
    if (together == std::numeric_limits<double>::infinity()) return false;
    return together < CheapestMs(first) + CheapestMs(second);
  }

  const DeviceInfo& device_;
  const PlanOptions& options_;
  const JoinFunction join_;
  Graph& graph_;
  // Found for the first pair.
  OpList ops_;
  std::vector<Precision> precisions_;
};

}  // namespace

ValueId InputOrNone(const Node& node, size_t input) {
  return input < node.inputs.size() ? node.inputs[input] : kNoValue;
}

AttributeMap JoinAttributes(const Node& first, const Node& second, const std::string& prefix) {
  AttributeMap attributes = second.attributes;
  for (const auto& [name, value] : first.attributes.values()) attributes.Set(prefix + name, value);
  return attributes;
}

Status JoinNodes(const DeviceInfo& device, const PlanOptions& options, JoinFunction join,
                 Graph* graph) {
  // All that is joined runs in local memory.
  if (device.kind == DeviceKind::kCpu || device.local_memory_is_emulated) return Status::Ok();
  return Joiner(device, options, join, graph).Run();
}

}  // namespace mace
