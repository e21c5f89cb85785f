// A Reshape that splits the channels into [groups, c], a Transpose that swaps the two, and a
// Reshape that joins them again are one ChannelShuffle:
//   [.., groups, c] -> [.., c, groups] along the last axis: ChannelShuffle alone;
//   [N, groups, c, H, W] -> [N, c, groups, H, W] along axis 1: ChannelShuffle between a Transpose
//   to NHWC and one back, which merge_transposes lets meet those of the neighbours.
//
// Thread contract: thread-compatible.
#ifndef MACE_PASSES_RECOGNIZE_CHANNEL_SHUFFLE_H_
#define MACE_PASSES_RECOGNIZE_CHANNEL_SHUFFLE_H_

#include "mace/base/status.h"
#include "mace/graph/graph.h"

namespace mace {

Status RecognizeChannelShuffle(Graph* graph);

}  // namespace mace

#endif  // MACE_PASSES_RECOGNIZE_CHANNEL_SHUFFLE_H_
