// Graphs with int64 on their way into a MACE file, whose widest integers are int32.
//
// Inputs and outputs of int64 become int32 (narrowing). Where every int64 of the graph is known to
// lie in int32, because it is an input, a constant, or was only moved or chosen among such numbers,
// the whole graph becomes one of int32, which upstream's runtime can run too. Everywhere else the
// graph goes on to compute in int64 between a Cast behind its inputs and a Cast before its outputs,
// and a run fails where an output does not fit into int32: no number changes silently.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_FORMATS_MACE_EXPORT_INTEGERS_H_
#define MACE_FORMATS_MACE_EXPORT_INTEGERS_H_

#include <string>
#include <vector>

#include "mace/base/status.h"
#include "mace/graph/graph.h"

namespace mace {

struct NarrowedGraph {
  Graph graph;
  std::vector<std::string> narrowed;  // "input 'x'", for each input and output that was int64.
};

// Whether an input, or a value that a node makes, is int64. (Constants alone need no narrowing:
// the file stores them as int32.)
bool HasInt64(const Graph& graph);

// REQUIRES: every shape is known, and no node has steps.
StatusOr<NarrowedGraph> NarrowInt64(const Graph& graph);

}  // namespace mace

#endif  // MACE_FORMATS_MACE_EXPORT_INTEGERS_H_
