// Finds the nodes that together compute an attention, and what they compute it from.
//
// Thread contract: thread-compatible.
#ifndef MACE_PASSES_DEVICE_ATTENTION_PATTERN_H_
#define MACE_PASSES_DEVICE_ATTENTION_PATTERN_H_

#include <optional>
#include <vector>

#include "mace/graph/output_marks.h"
#include "mace/ops/move/strided_view.h"
#include "mace/plan/bound_graph.h"

namespace mace {

// Whether the node's result is what its op's formula says: not activated, not weighted, and not
// rounded to int8.
bool IsPlain(const Node& node);

// Who makes and who reads the values of a graph whose nodes a pass replaces.
class GraphReaders {
 public:
  GraphReaders(const Graph& graph, const OpList& ops);

  const Graph& graph() const { return graph_; }
  const Op& op(size_t node) const { return *ops_[node]; }
  // The node that makes the value, or -1.
  int Producer(ValueId id) const { return producers_[static_cast<size_t>(id)]; }
  // The only node that reads the value, where it does so once and the value is no graph output;
  // else -1.
  int SoleReader(ValueId id) const;
  // How often nodes read the value.
  size_t Count(ValueId id) const { return readers_[static_cast<size_t>(id)].size(); }
  bool IsOutput(ValueId id) const { return outputs_.IsOutput(id); }

  // The node reads and makes nothing any more; it reads and makes what it says now.
  void RemoveNode(size_t node);
  void AddNode(size_t node);

 private:
  const Graph& graph_;
  const OpList& ops_;
  const OutputMarks outputs_;
  std::vector<int> producers_;
  std::vector<std::vector<int>> readers_;  // A node stands there as often as it reads the value.
};

// A value, and where in it the elements of an operand lie.
struct ViewedValue {
  ValueId value = kNoValue;
  StridedView view;
};

struct AttentionPattern {
  size_t product = 0;   // The MatMul of q and k.
  size_t weighted = 0;  // The MatMul of the softmax and v.
  size_t last = 0;      // The node that makes the tensor that `y` is a view of.
  double scale = 1;
  ValueId mask = kNoValue;
  StridedView mask_view;  // Leading axes, rows, columns.
  // Leading axes, all of the same extents in the views, and the axes of a matrix: rows and depth of
  // q; columns and depth of k; columns and value depth of v; rows and value depth of y.
  ViewedValue q, k, v, y;
};

// The attention around the node `softmax`; nullopt where it is none. The pattern is described in
// fuse_attention.h.
std::optional<AttentionPattern> FindAttention(const GraphReaders& readers, size_t softmax);

}  // namespace mace

#endif  // MACE_PASSES_DEVICE_ATTENTION_PATTERN_H_
