#include "mace/engine/output_set.h"

#include <algorithm>
#include <utility>

#include "mace/passes/drop_dead.h"

namespace mace {
namespace {

bool IsIn(const OutputSet& outputs, size_t index) { return outputs.empty() || outputs[index]; }

// The number of nodes that the outputs in the set need. The graph's nodes are in topological order.
size_t CountNodesFor(const Graph& graph, const OutputSet& outputs) {
  std::vector<bool> used(graph.values.size());
  for (size_t i = 0; i < graph.outputs.size(); ++i) {
    if (IsIn(outputs, i)) used[static_cast<size_t>(graph.outputs[i].value)] = true;
  }
  size_t count = 0;
  for (size_t n = graph.nodes.size(); n-- > 0;) {
    const Node& node = graph.nodes[n];
    const auto is_used = [&](ValueId id) { return used[static_cast<size_t>(id)]; };
    if (std::none_of(node.outputs.begin(), node.outputs.end(), is_used)) continue;
    ++count;
    for (const ValueId id : node.inputs) {
      if (id != kNoValue) used[static_cast<size_t>(id)] = true;
    }
  }
  return count;
}

}  // namespace

OutputSet OutputsToPlan(const Graph& graph, const std::vector<bool>& wanted) {
  if (std::find(wanted.begin(), wanted.end(), false) == wanted.end()) return OutputSet();
  // A graph that ends before its outputs does not tell what they need.
  const auto is_open = [](const IoInfo& io) { return io.value == kNoValue; };
  if (std::any_of(graph.outputs.begin(), graph.outputs.end(), is_open)) return OutputSet();
  const bool saves = CountNodesFor(graph, wanted) < CountNodesFor(graph, OutputSet());
  return saves ? wanted : OutputSet();
}

std::vector<size_t> IndicesOf(const OutputSet& outputs, size_t count) {
  std::vector<size_t> indices;
  for (size_t i = 0; i < count; ++i) {
    if (IsIn(outputs, i)) indices.push_back(i);
  }
  return indices;
}

StatusOr<std::shared_ptr<const Graph>> WithOutputs(const Graph& graph, const OutputSet& outputs) {
  auto part = std::make_shared<Graph>(graph);
  std::vector<IoInfo> kept;
  for (const size_t i : IndicesOf(outputs, graph.outputs.size())) {
    kept.push_back(std::move(part->outputs[i]));
  }
  part->outputs = std::move(kept);
  MACE_RETURN_IF_ERROR(DropDead(part.get()));
  return std::shared_ptr<const Graph>(std::move(part));
}

}  // namespace mace
