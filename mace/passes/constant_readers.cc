#include "mace/passes/constant_readers.h"

#include <utility>

namespace mace {

uint64_t ConstantBytes(const Graph& graph) {
  uint64_t bytes = 0;
  for (const Value& value : graph.values) {
    if (value.constant.has_value()) bytes += value.constant->info().bytes();
  }
  return bytes;
}

ConstantReaders::ConstantReaders(Graph* graph, FoldBudget* budget)
    : graph_(*graph),
      budget_(budget),
      readers_(graph->values.size(), 0),
      kept_(graph->values.size(), false),
      results_(graph->values.size(), false) {
  for (const Node& node : graph->nodes) {
    for (ValueId id : node.inputs) {
      if (id != kNoValue) ++readers_[static_cast<size_t>(id)];
    }
  }
  for (const IoInfo& io : graph->outputs) kept_[static_cast<size_t>(io.value)] = true;
}

void ConstantReaders::Evaluated(const Node& node) {
  for (ValueId id : node.inputs) {
    if (id == kNoValue) continue;
    --readers_[static_cast<size_t>(id)];
    FreeIfUnread(id);
  }
  for (ValueId id : node.outputs) {
    results_[static_cast<size_t>(id)] = true;
    FreeIfUnread(id);
  }
}

void ConstantReaders::MoveReaders(ValueId id, ValueId constant) {
  readers_.resize(graph_.values.size(), 0);
  kept_.resize(graph_.values.size(), false);
  results_.resize(graph_.values.size(), false);
  results_[static_cast<size_t>(constant)] = true;
  std::swap(readers_[static_cast<size_t>(constant)], readers_[static_cast<size_t>(id)]);
  FreeIfUnread(constant);
}

void ConstantReaders::FreeIfUnread(ValueId id) {
  const size_t index = static_cast<size_t>(id);
  Value& value = graph_.value(id);
  if (readers_[index] > 0 || kept_[index] || !value.constant.has_value()) return;
  if (results_[index]) budget_->Return(value.constant->info().bytes());
  value.constant.reset();
}

}  // namespace mace
