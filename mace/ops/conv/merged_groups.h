// Convolutions in groups whose channels do not begin at multiples of four, as convolutions in fewer and
// wider groups. Thread contract: thread-safe (pure functions).
#ifndef MACE_OPS_CONV_MERGED_GROUPS_H_
#define MACE_OPS_CONV_MERGED_GROUPS_H_

#include <optional>

#include "mace/ops/conv/convolution_lowering.h"

namespace mace {

// A request for what `request` computes, with as few groups merged as make groups_aligned() true, or
// with all of them merged. The filter has zeros for the channels of the other groups: merging m groups
// takes m times the products, by kernels that are many times as fast as conv2d_grouped. None where
// groups are aligned, for a depthwise convolution, for more than 16 groups in one, and for a filter
// beyond FitsInt32().
std::optional<ConvolutionRequest> MergeGroups(const ConvolutionRequest& request);

// A request for what `request` computes, with as few groups merged as give each a multiple of the
// lanes of the device's vectors. None for groups that are not aligned or that fill a vector already,
// for a depthwise convolution, for more than 16 groups in one, and for a filter beyond FitsInt32().
std::optional<ConvolutionRequest> MergeNarrowGroups(const ConvolutionRequest& request);

}  // namespace mace

#endif  // MACE_OPS_CONV_MERGED_GROUPS_H_
