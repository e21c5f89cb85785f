// A sum (Eltwise SUM or AddN) of two tensors of the same shape, one of them made by a Conv2D that
// has neither activation nor residual and no other reader, becomes that Conv2D with attribute
// residual = 1 and the other tensor as its last input: activation(conv + bias + residual). The
// Conv2D takes the sum's place in the order, so the other tensor is there. An activation of the sum
// moves along. A MatMul by a constant matrix takes a sum without activation in the same way.
//
// Thread contract: thread-compatible.
#ifndef MACE_PASSES_FUSE_RESIDUAL_H_
#define MACE_PASSES_FUSE_RESIDUAL_H_

#include "mace/base/status.h"
#include "mace/graph/graph.h"

namespace mace {

Status FuseResidual(Graph* graph);

}  // namespace mace

#endif  // MACE_PASSES_FUSE_RESIDUAL_H_
