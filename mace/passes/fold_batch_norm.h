// Folds nodes that scale and shift the channels of a convolution's result into its filter and bias.
//
// y = s * x + o for each channel comes from a BatchNorm (x, scale, offset, or x, scale, offset,
// mean, var with s = scale / sqrt(var + epsilon) and o = offset - mean * s), from a BiasAdd, and
// from an Eltwise SUM, SUB, PROD or DIV with one number a channel or one for all. Then for each
// output channel
//   filter' = s * filter,  bias' = s * bias + o
// computed in double and stored as float32, in constants of their own. Where the convolution
// (Conv2D, DepthwiseConv2d, Deconv2D, FullyConnected; MatMul by a matrix of weights) already has an
// activation or a residual, or its result has another reader, or its weights are not known,
// everything stays as it is. Everything also stays where a folded number would not be finite.
//
// Thread contract: thread-compatible.
#ifndef MACE_PASSES_FOLD_BATCH_NORM_H_
#define MACE_PASSES_FOLD_BATCH_NORM_H_

#include "mace/base/status.h"
#include "mace/graph/graph.h"

namespace mace {

Status FoldBatchNorm(Graph* graph);

}  // namespace mace

#endif  // MACE_PASSES_FOLD_BATCH_NORM_H_
