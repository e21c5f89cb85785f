// Folds nodes that scale and shift the channels of a convolution's result into its filter and bias.
//
// A node computes y = s * x + o for each channel if it is one of
//   BatchNorm  inputs x, scale, offset: s = scale, o = offset
//   BatchNorm  inputs x, scale, offset, mean, var: s = scale / sqrt(var + epsilon),
//              o = offset - mean * s
//   BiasAdd    s = 1
//   Eltwise    SUM, SUB, PROD or DIV, with one number for each channel or one for all
//
// The new constants, computed in double and stored as float32, are for each output channel
//   filter' = s * filter
//   bias'   = s * bias + o
//
// The convolution is a Conv2D, DepthwiseConv2d, Deconv2D, FullyConnected, or a MatMul by a matrix
// of weights. Nothing is folded if
//  - it already has an activation or a residual;
//  - its result has another reader;
//  - its weights are not constants;
//  - a folded number would not be finite.
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
