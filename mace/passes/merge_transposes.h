// Removes Transposes around nodes that can compute in another order of axes.
//
// One walk through the graph in topological order, where x = Transpose(x', p) means
// x.dim[i] = x'.dim[p[i]]:
//  - A Transpose of a Transpose reads the first one's source with the composed permutation.
//  - A Transpose that keeps the order is removed.
//  - Some nodes work in any order of axes: element-wise ones, Concat, Split, Pad, Reduce, Softmax
//    along an axis. If all inputs of such a node come from Transposes with one permutation, the
//    node reads their sources, and the Transpose follows it, where the next one can cancel it. The
//    node's constants are permuted and its axis attributes renumbered.
// Afterwards a Transpose that only moves extents of 1 becomes a Reshape.
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
