// Fuses the rounding of a quantized model into the Conv2D or DepthwiseConv2d before it, if x is
// rounded to int8, too, and the filter was read as int8 (the importers' attribute filter_scale).
// The node then is a convolution of whole numbers, which integer kernels can compute
// (mace/ops/conv/int8_convolution.h).
//
// Thread contract: thread-compatible.
#ifndef MACE_PASSES_FUSE_REQUANTIZE_H_
#define MACE_PASSES_FUSE_REQUANTIZE_H_

#include "mace/base/status.h"
#include "mace/graph/graph.h"

namespace mace {

// Whether the node rounds to int8: without such a node the pass changes nothing.
bool IsRoundingToInt8(const Node& node);

// REQUIRES: ValidateGraph accepts the graph.
Status FuseRequantize(Graph* graph);

}  // namespace mace

#endif  // MACE_PASSES_FUSE_REQUANTIZE_H_
