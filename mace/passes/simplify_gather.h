// A Gather of one constant index becomes a StridedSlice: where the index is a scalar, its axis is
// dropped. A slice has kernels for all layouts, and readers that take views look through it.
//
// Thread contract: thread-compatible.
#ifndef MACE_PASSES_SIMPLIFY_GATHER_H_
#define MACE_PASSES_SIMPLIFY_GATHER_H_

#include "mace/base/status.h"
#include "mace/graph/graph.h"

namespace mace {

// Leaves an index outside of its axis where it is: the op Gather says what is wrong with it.
Status SimplifyGather(Graph* graph);

}  // namespace mace

#endif  // MACE_PASSES_SIMPLIFY_GATHER_H_
