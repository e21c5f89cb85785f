// The common part of the slicing ops: one axis, cut as start, start + step, ...
#ifndef MACE_OPS_MOVE_SLICE_RANGE_H_
#define MACE_OPS_MOVE_SLICE_RANGE_H_

#include <cstdint>
#include <vector>

#include "mace/base/status.h"
#include "mace/graph/shape.h"
#include "mace/ops/move/move_op.h"

namespace mace {

struct SliceRange {
  int64_t begin = 0;
  int64_t step = 1;
  int64_t extent = 0;  // Elements taken; 0 where the range is empty.
};

// The range that NumPy's begin:end:step takes of an axis: negative bounds count from the end,
// bounds are cut to the axis. kInvalidArgument where step is 0.
StatusOr<SliceRange> CutRange(int64_t axis_extent, int64_t begin, int64_t end, int64_t step);

// The copy of these ranges, one for each axis of `input`, to a dense tensor of their extents.
StridedCopy CopyRanges(const Shape& input, const std::vector<SliceRange>& ranges);

}  // namespace mace

#endif  // MACE_OPS_MOVE_SLICE_RANGE_H_
