// Helpers of the rules for MACE's ops of Kaldi's networks. Features are the last axis, frames the
// axis before it, and the axes in front of both count as the batch.
#ifndef MACE_FORMATS_MACE_KALDI_H_
#define MACE_FORMATS_MACE_KALDI_H_

#include <cstdint>
#include <string>
#include <vector>

#include "mace/formats/mace/rules.h"

namespace mace {

// The rules for the ops that choose and arrange frames, and for those that compute features.
MaceRule FindMaceFramesRule(const std::string& type);
MaceRule FindMaceFeaturesRule(const std::string& type);

// The first input's shape; kInvalidArgument where it has fewer axes or no elements.
StatusOr<Shape> FramesOf(const MaceOp& op, int min_rank, GraphBuilder* builder);

// The extents of `shape` with the last of them replaced.
std::vector<int64_t> WithLast(const Shape& shape, size_t count, const std::vector<int64_t>& last);

}  // namespace mace

#endif  // MACE_FORMATS_MACE_KALDI_H_
