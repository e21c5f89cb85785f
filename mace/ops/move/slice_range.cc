#include "mace/ops/move/slice_range.h"

#include <algorithm>

#include "mace/base/divide.h"

namespace mace {

StatusOr<SliceRange> CutRange(int64_t axis_extent, int64_t begin, int64_t end, int64_t step) {
  if (step == 0) return InvalidArgument("steps: expected a number other than 0");
  // Backwards, the range may end before the first element.
  const int64_t low = step > 0 ? 0 : -1;
  const int64_t high = step > 0 ? axis_extent : axis_extent - 1;
  auto cut = [&](int64_t bound) {
    return std::clamp(bound < 0 ? bound + axis_extent : bound, low, high);
  };
  SliceRange range;
  range.begin = cut(begin);
  const int64_t length = step > 0 ? cut(end) - range.begin : range.begin - cut(end);
  // No step needs to be longer than the axis; this also keeps its negation in range.
  range.step = std::clamp(step, -axis_extent - 1, axis_extent + 1);
  const int64_t stride = range.step > 0 ? range.step : -range.step;
  range.extent = length > 0 ? CeilDivide(length, stride) : 0;
  return range;
}

StridedCopy CopyRanges(const Shape& input, const std::vector<SliceRange>& ranges) {
  std::vector<int64_t> dims;
  for (const SliceRange& range : ranges) dims.push_back(range.extent);
  const Shape output(std::move(dims));
  StridedCopy copy = CopyBox(input, output, output);
  for (size_t i = 0; i < ranges.size(); ++i) {
    copy.input_offset += copy.axes[i].input_stride * ranges[i].begin;
    copy.axes[i].input_stride *= ranges[i].step;
  }
  return copy;
}

}  // namespace mace
