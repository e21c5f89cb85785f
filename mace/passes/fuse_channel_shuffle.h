// ChannelShuffle takes in what stands around it in ShuffleNet's units: a Concat of its two groups,
// which become its two inputs, and the Slices (or the Split) that cut its result in two, which
// become its two outputs (attribute split). The whole group is then one launch.
//
// Thread contract: thread-compatible.
#ifndef MACE_PASSES_FUSE_CHANNEL_SHUFFLE_H_
#define MACE_PASSES_FUSE_CHANNEL_SHUFFLE_H_

#include "mace/base/status.h"
#include "mace/graph/graph.h"

namespace mace {

Status FuseChannelShuffle(Graph* graph);

}  // namespace mace

#endif  // MACE_PASSES_FUSE_CHANNEL_SHUFFLE_H_
