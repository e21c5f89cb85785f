// Frees constants as soon as every node that reads them has been evaluated.
//
// A chain of a thousand evaluated nodes leaves one constant behind, not a thousand.
// Thread contract: thread-compatible.
#ifndef MACE_PASSES_CONSTANT_READERS_H_
#define MACE_PASSES_CONSTANT_READERS_H_

#include <cstdint>
#include <vector>

#include "mace/graph/fold_budget.h"
#include "mace/graph/graph.h"

namespace mace {

// The bytes of all constants of the graph.
uint64_t ConstantBytes(const Graph& graph);

class ConstantReaders {
 public:
  // The bytes of results go back to the budget when the results are freed. The caller takes them
  // from the budget when it evaluates a node.
  ConstantReaders(Graph* graph, FoldBudget* budget);

  // The node was evaluated and does not run: its outputs are constants, and it reads its inputs no
  // more.
  void Evaluated(const Node& node);
  // The node that makes `id` stays, since it makes a graph output; others read `constant`, a new
  // value with its elements, instead.
  void MoveReaders(ValueId id, ValueId constant);

 private:
  void FreeIfUnread(ValueId id);

  Graph& graph_;
  FoldBudget* const budget_;
  std::vector<int64_t> readers_;  // By value: how often nodes that run read it.
  std::vector<bool> kept_;        // By value: a graph output.
  std::vector<bool> results_;     // By value: the budget counts it.
};

}  // namespace mace

#endif  // MACE_PASSES_CONSTANT_READERS_H_
