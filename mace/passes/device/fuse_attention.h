// Fuses the products, the scale, the mask and the softmax of an attention block to one Attention,
// with the transpositions, reshapes and slices around them, where the device takes less time for
// that. Other devices keep the nodes.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PASSES_DEVICE_FUSE_ATTENTION_H_
#define MACE_PASSES_DEVICE_FUSE_ATTENTION_H_

#include "mace/plan/bound_graph.h"
#include "mace/plan/plan_options.h"

namespace mace {

// Looks for softmax(scale * q k^T + mask) v: a Softmax along the last axis, behind a MatMul with any
// multiplications by a number and one addition of a mask between the two, and before the MatMul
// that alone reads it. The operands are read where they lie: through the ops that only move elements
// (mace/ops/move/strided_view.h), and through multiplications of q or k by a number. y is written
// where such ops would put it. MatMuls that make q, k and v from one tensor by constant matrices become
// one MergedMatMul. Estimates decide, the cost of all launches included. `options` are
// those that MakePlan gets next; `ops` are those of the graph's nodes, before and after. The fused
// node has the name of the second MatMul. REQUIRES: every shape of the graph is known.
void FuseAttention(const DeviceInfo& device, const PlanOptions& options, Graph* graph, OpList* ops);

}  // namespace mace

#endif  // MACE_PASSES_DEVICE_FUSE_ATTENTION_H_
