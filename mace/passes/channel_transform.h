// What a node does to each channel of its input, where that is y = scale * x + offset.
//
// Thread contract: thread-compatible.
#ifndef MACE_PASSES_CHANNEL_TRANSFORM_H_
#define MACE_PASSES_CHANNEL_TRANSFORM_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "mace/graph/graph.h"

namespace mace {

struct ChannelTransform {
  std::vector<double> scale;
  std::vector<double> offset;

  bool scale_is_one() const;
};

// The transform that does `first` and then `second`. Both have the same number of channels. nullopt
// where a number would not be finite.
std::optional<ChannelTransform> Compose(const ChannelTransform& first,
                                        const ChannelTransform& second);

// The transform that `node` (a BatchNorm, a BiasAdd or an Eltwise) makes of its input `x`, which
// has `channels` as its last extent; nullopt where the node does something else, where its other
// inputs are not constants with one number for each channel or one for all, or where a number would
// not be finite. The node's own activation is not part of it.
std::optional<ChannelTransform> FindChannelTransform(const Graph& graph, const Node& node,
                                                     ValueId x, int64_t channels);

}  // namespace mace

#endif  // MACE_PASSES_CHANNEL_TRANSFORM_H_
