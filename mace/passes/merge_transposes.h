// Makes the Transposes that lie around nodes of another order meet and vanish.
//
// In one walk along the order, with x = Transpose(x', p) meaning x.dim[i] = x'.dim[p[i]]:
//  * a Transpose of a Transpose reads the first one's source with the composed permutation; * a
//  Transpose that keeps the order vanishes; * a node that does not care for the order (element by
//  element, Concat, Split, Pad, Reduce,
//    Softmax along an axis) and whose inputs all come from Transposes of one permutation works on
//    their sources, and the Transpose comes after it, where the next one can meet it. Its constants
//    are permuted, its axes renamed.
// At last a Transpose that only moves extents of 1 becomes a Reshape.
//
// Thread contract: thread-compatible.
#ifndef MACE_PASSES_MERGE_TRANSPOSES_H_
#define MACE_PASSES_MERGE_TRANSPOSES_H_

#include "mace/base/status.h"
#include "mace/graph/graph.h"

namespace mace {

Status MergeTransposes(Graph* graph);

}  // namespace mace

#endif  // MACE_PASSES_MERGE_TRANSPOSES_H_
