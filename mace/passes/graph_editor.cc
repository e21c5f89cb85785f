#include "mace/passes/graph_editor.h"

#include <utility>

namespace mace {

GraphEditor::GraphEditor(Graph* graph)
    : graph_(graph),
      producers_(graph->Producers()),
      readers_(graph->values.size()),
      reader_inputs_(graph->values.size()),
      places_(graph->nodes.size()),
      output_indices_(graph->values.size()),
      removed_(graph->nodes.size(), false) {
  for (int i = 0; i < node_count(); ++i) {
    places_[i].resize(node(i).inputs.size());
    for (size_t input = 0; input < node(i).inputs.size(); ++input) AddReader(i, input);
  }
  for (size_t io = 0; io < graph->outputs.size(); ++io) {
    output_indices_[graph->outputs[io].value].push_back(io);
  }
}

void GraphEditor::AddReader(int index, size_t input) {
  const ValueId id = node(index).inputs[input];
  if (id == kNoValue) return;
  places_[index][input] = readers_[id].size();
  readers_[id].push_back(index);
  reader_inputs_[id].push_back(input);
}

// The last of the value's readers comes to stand where this one stood.
void GraphEditor::DropReader(int index, size_t input) {
  const ValueId id = node(index).inputs[input];
  if (id == kNoValue) return;
  const size_t place = places_[index][input];
  const int last = readers_[id].back();
  const size_t last_input = reader_inputs_[id].back();
  readers_[id][place] = last;
  reader_inputs_[id][place] = last_input;
  places_[last][last_input] = place;
  readers_[id].pop_back();
  reader_inputs_[id].pop_back();
}

int GraphEditor::SoleReader(ValueId id) const {
  const std::vector<int>& readers = readers_[id];
  return readers.size() == 1 && !IsGraphOutput(id) ? readers[0] : -1;
}

bool GraphEditor::IsUsed(ValueId id) const { return !readers_[id].empty() || IsGraphOutput(id); }

void GraphEditor::ReplaceUses(ValueId from, ValueId to) {
  if (from == to) return;
  for (size_t i = 0; i < readers_[from].size(); ++i) {
    const int reader = readers_[from][i];
    const size_t input = reader_inputs_[from][i];
    node(reader).inputs[input] = to;
    AddReader(reader, input);
  }
  readers_[from].clear();
  reader_inputs_[from].clear();
  for (size_t io : output_indices_[from]) {
    graph_->outputs[io].value = to;
    output_indices_[to].push_back(io);
  }
  output_indices_[from].clear();
}

bool GraphEditor::CanReplaceUses(ValueId from, ValueId to) const {
  return !IsGraphOutput(from) || producers_[to] >= 0;
}

void GraphEditor::Forget(int index) {
  for (size_t input = 0; input < node(index).inputs.size(); ++input) DropReader(index, input);
}

void GraphEditor::SetInputs(int index, std::vector<ValueId> inputs) {
  Forget(index);
  node(index).inputs = std::move(inputs);
  places_[index].resize(node(index).inputs.size());
  for (size_t input = 0; input < node(index).inputs.size(); ++input) AddReader(index, input);
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

void GraphEditor::GrowByAValue() {
  producers_.push_back(-1);
  readers_.emplace_back();
  reader_inputs_.emplace_back();
  output_indices_.emplace_back();
}

ValueId GraphEditor::AddValue(const std::string& name, const TensorInfo& info) {
  const ValueId id = graph_->AddValue(name);
  graph_->value(id).info = info;
  graph_->value(id).shape_known = true;
  GrowByAValue();
  return id;
}

ValueId GraphEditor::AddConstant(const std::string& name, HostTensor tensor) {
  const ValueId id = graph_->AddConstant(name, std::move(tensor));
  GrowByAValue();
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
