// Which values are outputs of a graph. One walk over the outputs answers the question for every
// value.
#ifndef MACE_GRAPH_OUTPUT_MARKS_H_
#define MACE_GRAPH_OUTPUT_MARKS_H_

#include <vector>

#include "mace/graph/graph.h"

namespace mace {

// Thread contract: thread-compatible; const methods are thread-safe.
class OutputMarks {
 public:
  // Marks the outputs that the graph has now.
  explicit OutputMarks(const Graph& graph) : marks_(graph.values.size(), false) {
    for (const IoInfo& io : graph.outputs) marks_[static_cast<size_t>(io.value)] = true;
  }

  // False for a value that was added since. REQUIRES: id is not kNoValue.
  bool IsOutput(ValueId id) const {
    return static_cast<size_t>(id) < marks_.size() && marks_[static_cast<size_t>(id)];
  }
  // Whether the node makes a graph output.
  bool MakesOutput(const Node& node) const {
    for (ValueId id : node.outputs) {
      if (IsOutput(id)) return true;
    }
    return false;
  }

 private:
  std::vector<bool> marks_;
};

}  // namespace mace

#endif  // MACE_GRAPH_OUTPUT_MARKS_H_
