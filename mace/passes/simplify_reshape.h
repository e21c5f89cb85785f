// Reshape, Squeeze, Unsqueeze, ExpandDims and Flatten to a known shape become a Reshape with
// attribute `dim` and no second input; a Reshape of a Reshape reads the first one's source; what
// changes nothing (Identity, a Reshape or Cast to what the input already is) vanishes.
//
// Thread contract: thread-compatible.
#ifndef MACE_PASSES_SIMPLIFY_RESHAPE_H_
#define MACE_PASSES_SIMPLIFY_RESHAPE_H_

#include "mace/base/status.h"
#include "mace/graph/graph.h"

namespace mace {

Status SimplifyReshape(Graph* graph);

}  // namespace mace

#endif  // MACE_PASSES_SIMPLIFY_RESHAPE_H_
