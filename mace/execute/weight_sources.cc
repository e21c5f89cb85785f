#include "mace/execute/weight_sources.h"

#include <algorithm>
#include <utility>

namespace mace {

WeightSources::WeightSources(const Plan& plan) : plan_(plan) {
  for (size_t weights = 0; weights < plan.weight_nodes.size(); ++weights) {
    const std::vector<Bytes> parts = PartsOf(weights);
    for (const Bytes& part : parts) ++uses_[part.data()];
    max_bytes_ = std::max(max_bytes_, FileScratch::RoomFor(parts));
  }
}

std::vector<Bytes> WeightSources::PartsOf(size_t weights) const {
  std::vector<Bytes> parts;
  if (weights >= plan_.weight_nodes.size()) return parts;
  const Graph& graph = *plan_.bound.graph;
  for (ValueId id : graph.nodes[static_cast<size_t>(plan_.weight_nodes[weights])].inputs) {
    if (graph.IsConstant(id)) parts.push_back(graph.value(id).constant->address_range());
  }
  return parts;
}

std::vector<FilePin> WeightSources::Begin(size_t weights, FileScratch* scratch) const {
  const std::vector<Bytes> parts = PartsOf(weights);
  std::vector<FilePin> pins;
  for (const Bytes& part : parts) {
    FilePin pin = FilePin::Keep(part);
    if (pin.holds()) pins.push_back(std::move(pin));
  }
  scratch->Begin(parts);
  return pins;
}

void WeightSources::EndOthers(const std::vector<size_t>& indices) {
  std::vector<bool> is_other(plan_.weights.size(), true);
  for (const size_t index : indices) is_other[index] = false;
  for (size_t i = 0; i < is_other.size(); ++i) {
    if (is_other[i]) End(i);
  }
}

void WeightSources::End(size_t weights) {
  for (const Bytes& part : PartsOf(weights)) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (--uses_[part.data()] > 0) continue;
    }
    ReleaseFileBlock(part);
  }
}

}  // namespace mace
