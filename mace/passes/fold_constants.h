// Evaluates nodes whose inputs are all constants with the op's reference, and Shape of a known
// shape. Float results are float32. Constants that nobody reads after that are freed at once. Nodes
// with large results stay (kMaxFoldedBytes in the source), and so do those that would make the
// model more than a few times as large (mace/graph/fold_budget.h), those for whose evaluation there
// is no memory, and those that make a graph output.
//
// Thread contract: thread-compatible.
#ifndef MACE_PASSES_FOLD_CONSTANTS_H_
#define MACE_PASSES_FOLD_CONSTANTS_H_

#include "mace/base/status.h"
#include "mace/graph/graph.h"

namespace mace {

Status FoldConstants(Graph* graph);

}  // namespace mace

#endif  // MACE_PASSES_FOLD_CONSTANTS_H_
