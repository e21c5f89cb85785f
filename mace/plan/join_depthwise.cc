#include "mace/plan/join_depthwise.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "mace/plan/candidates.h"
#include "mace/plan/select.h"

namespace mace {
namespace {

// Inputs of both ops.
constexpr size_t kX = 0, kFilter = 1, kBias = 2, kResidual = 3;

bool HasResidual(const Node& node) { return node.attributes.GetInt("residual", 0) != 0; }

// That comes between the two, where the joined kernel has no place for it.
bool HasGate(const Node& node) { return node.attributes.GetInt("gate", 0) != 0; }

// The op of the two rounds nothing.
bool RoundsTo8Bits(const Node& node) { return node.attributes.Has("y_scale"); }

ValueId InputOr(const Node& node, size_t input) {
  return input < node.inputs.size() ? node.inputs[input] : kNoValue;
}

// The two as one node (separable_conv2d.cc), whether they fit or not.
Node Join(const Node& depthwise, const Node& pointwise) {
  Node joined;
  joined.name = pointwise.name;
  joined.type = "SeparableConv2D";
  joined.outputs = pointwise.outputs;
  joined.attributes = pointwise.attributes;
  for (const auto& [name, value] : depthwise.attributes.values()) {
    joined.attributes.Set("depthwise_" + name, value);
  }
  const bool residual = HasResidual(pointwise);
  const bool bias = pointwise.inputs.size() > (residual ? kResidual : kBias);
  joined.inputs = {InputOr(depthwise, kX), InputOr(depthwise, kFilter), InputOr(depthwise, kBias),
                   InputOr(pointwise, kFilter), bias ? pointwise.inputs[kBias] : kNoValue};
  if (residual) joined.inputs.push_back(pointwise.inputs.back());
  return joined;
}

class Joiner {
 public:
  Joiner(const DeviceInfo& device, const PlanOptions& options, Graph* graph)
      : device_(device), options_(options), graph_(*graph) {}

  Status Run() {
    MACE_RETURN_IF_ERROR(FindPrecisions());
    const std::vector<int> producers = graph_.Producers();
    const std::vector<std::vector<int>> consumers = graph_.Consumers();
    std::vector<bool> removed(graph_.nodes.size(), false);
    for (size_t n = 0; n < graph_.nodes.size(); ++n) {
      const Node& node = graph_.nodes[n];
      if (node.type != "Conv2D" || node.inputs.empty() || node.inputs[kX] == kNoValue ||
          HasGate(node)) {
        continue;
      }
      const size_t x = static_cast<size_t>(node.inputs[kX]);
      if (producers[x] < 0 || consumers[x].size() != 1 || graph_.IsGraphOutput(node.inputs[kX])) {
        continue;
      }
      const size_t producer = static_cast<size_t>(producers[x]);
      const Node& depthwise = graph_.nodes[producer];
      if (depthwise.type != "DepthwiseConv2d" || HasResidual(depthwise)) continue;
      if (RoundsTo8Bits(depthwise) || RoundsTo8Bits(node)) continue;
      Node joined = Join(depthwise, node);
      if (!IsCheaper(joined, producer, n)) continue;
      removed[producer] = true;
      graph_.nodes[n] = std::move(joined);
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
  Status FindPrecisions() {
    std::vector<std::unique_ptr<Op>> ops;
    for (const Node& node : graph_.nodes) {
      MACE_ASSIGN_OR_RETURN(std::unique_ptr<Op> op, MakeOp(node));
      ops.push_back(std::move(op));
    }
    precisions_ = NodePrecisions(graph_, ops, options_.precision);
    return Status::Ok();
  }

  // Of the cheapest way on the device; infinite where the op refuses the node or has no way.
  double CheapestMs(const Node& node, Precision precision) const {
    constexpr double kNone = std::numeric_limits<double>::infinity();
    const StatusOr<std::unique_ptr<Op>> op = MakeOp(node);
    std::vector<TensorInfo> outputs;
    if (!op.ok() || !(*op)->Infer(MakeOpInputs(graph_, node), &outputs).ok()) return kNone;
    PlanOptions options = options_;
    options.precision = precision;
    double best = kNone;
    for (const Lowering& way : FindCandidates(graph_, node, **op, device_, options).ways) {
      best = std::min(best, WayMs(way, device_));
    }
    return best;
  }

  bool IsCheaper(const Node& joined, size_t depthwise, size_t pointwise) const {
    const double together = CheapestMs(joined, precisions_[pointwise]);
    if (together == std::numeric_limits<double>::infinity()) return false;
    return together < CheapestMs(graph_.nodes[depthwise], precisions_[depthwise]) +
                          CheapestMs(graph_.nodes[pointwise], precisions_[pointwise]);
  }

  const DeviceInfo& device_;
  const PlanOptions& options_;
  Graph& graph_;
  std::vector<Precision> precisions_;
};

}  // namespace

Status JoinDepthwise(const DeviceInfo& device, const PlanOptions& options, Graph* graph) {
  // All that is joined runs in local memory.
  if (device.kind == DeviceKind::kCpu || device.local_memory_is_emulated) return Status::Ok();
  return Joiner(device, options, graph).Run();
}

}  // namespace mace
