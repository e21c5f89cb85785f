// The product of a tensor [N, H, W, C] and a channel scale [N, 1, 1, C] (squeeze-and-excite blocks)
// that a 1x1 Conv2D alone reads becomes an input of that Conv2D, with attribute channel_scale = 1:
// activation(bias + residual + filter * (channel_scale * x)). The Conv2D then multiplies in its
// registers what the product would have read from memory and written back.
//
// Not fused: larger kernels, which would multiply once for each tap; groups; one pixel an image,
// whose product is smaller than the filter; a channel scale that is constant.
//
// Thread contract: thread-compatible.
#ifndef MACE_PASSES_FUSE_CHANNEL_SCALE_H_
#define MACE_PASSES_FUSE_CHANNEL_SCALE_H_

#include "mace/base/status.h"
#include "mace/graph/graph.h"

namespace mace {

Status FuseChannelScale(Graph* graph);

}  // namespace mace

#endif  // MACE_PASSES_FUSE_CHANNEL_SCALE_H_
