// The precision that each node of a graph computes in.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PLAN_NODE_PRECISIONS_H_
#define MACE_PLAN_NODE_PRECISIONS_H_

#include <vector>

#include "mace/plan/bound_graph.h"

namespace mace {

// By node: whether it rounds numbers to whole ones or to quantized levels, makes what such a node
// reads, computes element-wise before these, or moves or pools what was rounded. Where a number lies
// halfway between two, a rounding of half precision or TF32 before it becomes a whole step.
std::vector<bool> FindRoundedNodes(const Graph& graph, const OpList& ops);

// By node: the precision that its kernels read and write. It is `precision`, except float32 for
//   - nodes that make the graph's outputs, and element-wise nodes before these;
//   - in half precision, FindRoundedNodes;
//   - in half precision, nodes that make or read wide values (wide_values.h), and those that make
//     what AddsSquares reads, with element-wise nodes before these.
std::vector<Precision> NodePrecisions(const Graph& graph, const OpList& ops, Precision precision);

}  // namespace mace

#endif  // MACE_PLAN_NODE_PRECISIONS_H_
