// Convolutions of 8-bit numbers: the rounding behind a Conv2D or DepthwiseConv2d goes into it,
// where x is rounded to int8 too and the filter was read from int8 (attribute filter_scale, of
// an importer). The node then is a convolution of whole numbers, which integer kernels compute
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
