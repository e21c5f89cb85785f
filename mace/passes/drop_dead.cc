#include "mace/passes/drop_dead.h"

#include <utility>
#include <vector>

namespace mace {

namespace {

bool IsNeeded(const Node& node, const std::vector<bool>& used) {
  for (ValueId id : node.outputs) {
    if (used[id]) return true;
  }
  return false;
}

// Backwards along the order, so that a chain goes in one walk. Marks what the kept nodes name.
void DropNodes(Graph* graph, std::vector<bool>* used) {
  std::vector<bool> keep(graph->nodes.size());
  for (size_t i = graph->nodes.size(); i-- > 0;) {
    const Node& node = graph->nodes[i];
    keep[i] = IsNeeded(node, *used);
    if (!keep[i]) continue;
    for (ValueId id : node.inputs) {
      if (id != kNoValue) (*used)[id] = true;
    }
    for (ValueId id : node.outputs) (*used)[id] = true;
  }
  std::vector<Node> kept;
  for (size_t i = 0; i < keep.size(); ++i) {
    if (keep[i]) kept.push_back(std::move(graph->nodes[i]));
  }
  graph->nodes = std::move(kept);
}

void Renumber(const std::vector<ValueId>& numbers, std::vector<ValueId>* ids) {
  for (ValueId& id : *ids) {
    if (id != kNoValue) id = numbers[id];
  }
}

void DropValues(Graph* graph, const std::vector<bool>& used) {
  std::vector<ValueId> numbers(graph->values.size(), kNoValue);
  std::vector<Value> kept;
  for (size_t i = 0; i < used.size(); ++i) {
    if (!used[i]) continue;
    numbers[i] = static_cast<ValueId>(kept.size());
    kept.push_back(std::move(graph->values[i]));
  }
  graph->values = std::move(kept);
  for (Node& node : graph->nodes) {
    Renumber(numbers, &node.inputs);
    Renumber(numbers, &node.outputs);
  }
  for (IoInfo& io : graph->inputs) io.value = numbers[io.value];
  for (IoInfo& io : graph->outputs) io.value = numbers[io.value];
}

}  // namespace

Status DropDead(Graph* graph) {
  std::vector<bool> used(graph->values.size());
  for (const IoInfo& io : graph->inputs) used[io.value] = true;
  for (const IoInfo& io : graph->outputs) used[io.value] = true;
  DropNodes(graph, &used);
  DropValues(graph, used);
  return Status::Ok();
}

}  // namespace mace
