#include "mace/passes/device/batch_slices.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "mace/ops/batch.h"
#include "mace/plan/bound_graph.h"

namespace mace {
namespace {

bool HasExtent(const Graph& graph, ValueId id, int64_t extent) {
  const Shape& shape = graph.value(id).info.shape;
  return shape.rank() > 0 && shape[0] == extent;
}

// Which values have the batch on axis 0, in the order of the nodes.
class BatchFinder {
 public:
  explicit BatchFinder(const Graph& graph) : graph_(graph), batched_(graph.values.size(), false) {}

  int64_t Find() {
    if (graph_.inputs.empty()) return 0;
    const Shape& first = graph_.value(graph_.inputs[0].value).info.shape;
    if (first.rank() == 0) return 0;
    batch_ = first[0];
    for (const IoInfo& input : graph_.inputs) {
      if (!HasExtent(graph_, input.value, batch_)) return 0;
      Mark(input.value);
    }
    for (const Node& node : graph_.nodes) {
      if (!Visit(node)) return 0;
    }
    const auto is_batched = [&](const IoInfo& io) { return IsBatched(io.value); };
    return std::all_of(graph_.outputs.begin(), graph_.outputs.end(), is_batched) ? batch_ : 0;
  }

 private:
  void Mark(ValueId id) { batched_[static_cast<size_t>(id)] = true; }
  bool IsBatched(ValueId id) const { return id != kNoValue && batched_[static_cast<size_t>(id)]; }

  bool Visit(const Node& node) {
    std::vector<bool> batched;
    for (ValueId id : node.inputs) batched.push_back(IsBatched(id));
    // A value that depends on no input is the same for every slice.
    if (std::find(batched.begin(), batched.end(), true) == batched.end()) return true;
    const StatusOr<std::shared_ptr<const Op>> op = OpOf(node);
    if (!op.ok() || !SplitsAlongBatch(**op, MakeOpInputs(graph_, node), batched)) return false;
    for (ValueId id : node.outputs) {
      if (!HasExtent(graph_, id, batch_)) return false;
      Mark(id);
    }
    return true;
  }

  const Graph& graph_;
  std::vector<bool> batched_;
  int64_t batch_ = 0;
};

// The most that a node reads and writes, apart from constants.
double MaxBytesOfANode(const Graph& graph) {
  double most = 0;
  for (const Node& node : graph.nodes) {
    double bytes = 0;
    for (ValueId id : node.inputs) {
      if (id != kNoValue && !graph.IsConstant(id)) {
        bytes += static_cast<double>(graph.value(id).info.bytes());
      }
    }
    for (ValueId id : node.outputs) bytes += static_cast<double>(graph.value(id).info.bytes());
    most = std::max(most, bytes);
  }
  return most;
}

double ConstantBytes(const Graph& graph) {
  double bytes = 0;
  for (const Value& value : graph.values) {
    if (value.constant.has_value()) bytes += static_cast<double>(value.info.bytes());
  }
  return bytes;
}

// The bytes that the activations of a slice may take. Each slice reads all weights once more. Where
// the weights come from memory behind every cache, a slice is as large as the last cache allows.
double BytesOfASlice(const Graph& graph, const DeviceInfo& device) {
  // The cache of a core's own, of server processors of 2017 and later: 1 to 2 MiB.
  constexpr double kCoreCacheBytes = 1 << 20;
  const double cores = kCoreCacheBytes * device.compute_units;
  const double last = static_cast<double>(device.cache_bytes);
  return last > 0 && ConstantBytes(graph) > last / 2 ? std::max(cores, last / 2) : cores;
}

}  // namespace

int64_t SeparableBatch(const Graph& graph) { return BatchFinder(graph).Find(); }

int64_t ChooseBatchSlices(const Graph& graph, const DeviceInfo& device) {
  // A device apart needs a batch to be busy.
  if (!device.is_host() || graph.inputs.empty()) return 1;
  const Shape& first = graph.value(graph.inputs[0].value).info.shape;
  if (first.rank() == 0 || first[0] < 2) return 1;
  const double wanted = MaxBytesOfANode(graph) / BytesOfASlice(graph, device);
  if (wanted <= 1) return 1;
  const int64_t batch = SeparableBatch(graph);
  if (batch < 2) return 1;
  for (int64_t slices = 2; slices < batch; ++slices) {
    if (batch % slices == 0 && static_cast<double>(slices) >= wanted) return slices;
  }
  return batch;
}

}  // namespace mace
