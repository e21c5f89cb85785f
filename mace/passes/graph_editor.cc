#include "mace/passes/graph_editor.h"

#include <algorithm>
#include <utility>

namespace mace {

GraphEditor::GraphEditor(Graph* graph)
    : graph_(graph),
      producers_(graph->Producers()),
      readers_(graph->Consumers()),
      removed_(graph->nodes.size(), false) {}

int GraphEditor::SoleReader(ValueId id) const {
  const std::vector<int>& readers = readers_[id];
  return readers.size() == 1 && !graph_->IsGraphOutput(id) ? readers[0] : -1;
}

bool GraphEditor::IsUsed(ValueId id) const {
  return !readers_[id].empty() || graph_->IsGraphOutput(id);
}

void GraphEditor::ReplaceUses(ValueId from, ValueId to) {
  if (from == to) return;
  for (int reader : readers_[from]) {
    std::vector<ValueId>& inputs = node(reader).inputs;
    std::replace(inputs.begin(), inputs.end(), from, to);
    readers_[to].push_back(reader);
  }
  readers_[from].clear();
  for (GraphPort& port : graph_->outputs) {
    if (port.value == from) port.value = to;
  }
}

bool GraphEditor::CanReplaceUses(ValueId from, ValueId to) const {
  return !graph_->IsGraphOutput(from) || producers_[to] >= 0;
}

void GraphEditor::Forget(int index) {
  for (ValueId id : node(index).inputs) {
    if (id == kNoValue) continue;
    std::vector<int>& readers = readers_[id];
    readers.erase(std::remove(readers.begin(), readers.end(), index), readers.end());
  }
}

void GraphEditor::SetInputs(int index, std::vector<ValueId> inputs) {
  Forget(index);
  node(index).inputs = std::move(inputs);
  for (ValueId id : node(index).inputs) {
    if (id != kNoValue) readers_[id].push_back(index);
  }
}

void GraphEditor::SetOutput(int index, ValueId id) {
  producers_[node(index).outputs[0]] = -1;
  node(index).outputs[0] = id;
  producers_[id] = index;
}

void GraphEditor::SetOutputs(int index, std::vector<ValueId> ids) {
  for (ValueId id : node(index).outputs) producers_[id] = -1;
  node(index).outputs = std::move(ids);
  for (ValueId id : node(index).outputs) producers_[id] = index;
}

void GraphEditor::Remove(int index) {
  Forget(index);
  for (ValueId id : node(index).outputs) {
    if (producers_[id] == index) producers_[id] = -1;
  }
  node(index) = Node();
  removed_[index] = true;
}

void GraphEditor::Absorb(int producer, int reader) {
  const ValueId result = node(reader).outputs[0];
  Remove(reader);
  SetOutput(producer, result);
}

void GraphEditor::MoveOver(int from, int to) {
  Node moved = node(from);
  Remove(from);
  Remove(to);
  removed_[to] = false;
  for (ValueId id : moved.outputs) producers_[id] = to;
  std::vector<ValueId> inputs = std::move(moved.inputs);
  moved.inputs.clear();
  node(to) = std::move(moved);
  SetInputs(to, std::move(inputs));
}

ValueId GraphEditor::AddValue(const std::string& name, const TensorInfo& info) {
  const ValueId id = graph_->AddValue(name);
  graph_->value(id).info = info;
  graph_->value(id).shape_known = true;
  producers_.push_back(-1);
  readers_.emplace_back();
  return id;
}

ValueId GraphEditor::AddConstant(const std::string& name, HostTensor tensor) {
  const ValueId id = graph_->AddConstant(name, std::move(tensor));
  producers_.push_back(-1);
  readers_.emplace_back();
  return id;
}

void GraphEditor::Finish() {
  std::vector<Node> kept;
  kept.reserve(graph_->nodes.size());
  for (size_t i = 0; i < graph_->nodes.size(); ++i) {
    if (!removed_[i]) kept.push_back(std::move(graph_->nodes[i]));
  }
  graph_->nodes = std::move(kept);
}

}  // namespace mace
