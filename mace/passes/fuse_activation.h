// An Activation, or an Eltwise CLIP to [0, m], that is the only reader of a node which can apply
// one itself (Conv2D, DepthwiseConv2d, Deconv2D, FullyConnected, BatchNorm, Eltwise;
// fused_activation.h) becomes that node's attributes. PRELU is no part of this: it has a slope for
// each channel.
//
// Thread contract: thread-compatible.
#ifndef MACE_PASSES_FUSE_ACTIVATION_H_
#define MACE_PASSES_FUSE_ACTIVATION_H_

#include "mace/base/status.h"
#include "mace/graph/graph.h"

namespace mace {

Status FuseActivation(Graph* graph);

}  // namespace mace

#endif  // MACE_PASSES_FUSE_ACTIVATION_H_
