// Shape inference of one node in its graph, which also evaluates what is already known: chains such
// as Shape, Gather, Concat, Reshape come out as constants.
//
// Thread contract: thread-compatible.
#ifndef MACE_OPS_INFER_H_
#define MACE_OPS_INFER_H_

#include <cstdint>

#include "mace/base/status.h"
#include "mace/graph/fold_budget.h"
#include "mace/graph/graph.h"

namespace mace {

// The most elements of the inputs and outputs of a node that is evaluated. Folding of weights is
// left to the passes, which know where it pays.
inline constexpr int64_t kMaxFoldedElements = int64_t{1} << 16;
// A node that costs more operations is not folded either: small operands of a product can still
// take seconds.
inline constexpr double kMaxFoldedFlops = 1e8;

// Sets Value::info and shape_known of node.outputs in `graph`; the node itself need not be in it.
// With a budget a node whose inputs are all constant and small (or a Shape) is evaluated by the
// op's reference where its results fit the budget, which then counts them: the outputs become
// constants, and the result is true: the node is not needed. Null: nothing is evaluated. A node for
// whose evaluation there is no memory stays. kInvalidArgument or kUnsupported begin with the node's
// name and type.
StatusOr<bool> InferNode(Graph* graph, Node* node, FoldBudget* budget);

}  // namespace mace

#endif  // MACE_OPS_INFER_H_
