// What passes do to a graph, with producers and readers kept up to date on the way.
//
// Node indices stay valid until Finish: a removed node stays as an empty shell. References to nodes
// and values become invalid when a node or a value is added. Taking a node out, giving it other
// inputs, or replacing a value costs as much as there are inputs and readers that change, whatever
// else reads the values. Thread contract: thread-compatible.
#ifndef MACE_PASSES_GRAPH_EDITOR_H_
#define MACE_PASSES_GRAPH_EDITOR_H_

#include <string>
#include <vector>

#include "mace/graph/graph.h"

namespace mace {

class GraphEditor {
 public:
  // REQUIRES: ValidateGraph accepts the graph, and only this object changes its nodes until Finish.
  explicit GraphEditor(Graph* graph);

  Graph& graph() { return *graph_; }
  const Graph& graph() const { return *graph_; }
  int node_count() const { return static_cast<int>(graph_->nodes.size()); }
  Node& node(int index) { return graph_->nodes[index]; }
  const Node& node(int index) const { return graph_->nodes[index]; }
  bool removed(int index) const { return removed_[index]; }

  // The node that makes the value, or -1.
  int Producer(ValueId id) const { return id == kNoValue ? -1 : producers_[id]; }
  // The only node that reads the value, where it does so once and the value is no graph output;
  // else -1.
  int SoleReader(ValueId id) const;
  bool IsUsed(ValueId id) const;
  bool IsGraphOutput(ValueId id) const { return !output_indices_[id].empty(); }
  // The nodes that read the value; a node stands there as often as it reads the value.
  const std::vector<int>& Readers(ValueId id) const { return readers_[id]; }

  // All nodes and graph outputs that read `from` read `to` instead. REQUIRES: `to` is made before
  // each reader of `from`.
  void ReplaceUses(ValueId from, ValueId to);
  // Whether ReplaceUses(from, to) leaves every graph output a value that a node makes: a graph
  // output must not become an input or a constant.
  bool CanReplaceUses(ValueId from, ValueId to) const;

  void SetInputs(int index, std::vector<ValueId> inputs);
  // The node of one output makes `id` instead. REQUIRES: nothing else makes it.
  void SetOutput(int index, ValueId id);
  // The node makes `ids` instead. REQUIRES: nothing else makes them.
  void SetOutputs(int index, std::vector<ValueId> ids);
  // Takes the node out; its outputs have no producer any more.
  void Remove(int index);
  // `producer` makes what `reader` made, and `reader` is removed. REQUIRES: one output each, and
  // `reader` is the SoleReader of producer's.
  void Absorb(int producer, int reader);
  // The node of `from` comes to stand where `to` stood, which is removed. REQUIRES: from < to.
  void MoveOver(int from, int to);

  ValueId AddValue(const std::string& name, const TensorInfo& info);
  ValueId AddConstant(const std::string& name, HostTensor tensor);

  // Drops the shells of removed nodes.
  void Finish();

 private:
  void AddReader(int index, size_t input);
  void DropReader(int index, size_t input);
  void Forget(int index);  // Takes the node out of the readers of its inputs.
  void GrowByAValue();

  Graph* graph_;
  std::vector<int> producers_;
  // By value, in no order: the node and which of its inputs, in two lists of the same length.
  std::vector<std::vector<int>> readers_;
  std::vector<std::vector<size_t>> reader_inputs_;
  std::vector<std::vector<size_t>> places_;  // By node and input: where in those lists it stands.
  std::vector<std::vector<size_t>> output_indices_;  // By value: the graph outputs that it is.
  std::vector<bool> removed_;
};

}  // namespace mace

#endif  // MACE_PASSES_GRAPH_EDITOR_H_
