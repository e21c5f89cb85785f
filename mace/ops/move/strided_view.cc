#include "mace/ops/move/strided_view.h"

#include <algorithm>
#include <utility>

namespace mace {
namespace {

// One axis of a copy, seen from the side that the view is of.
struct PathAxis {
  int64_t extent;
  int64_t from, to;  // Strides.
  int64_t last = 0;  // The greatest index that the view reaches.
};

struct Path {
  int64_t from = 0, to = 0;  // Offsets.
  std::vector<PathAxis> axes;
};

// Takes the offset apart into an index of each axis, the widest strides first.
bool MapOffset(int64_t offset, Path* path, int64_t* result) {
  int64_t rest = offset - path->from;
  *result = path->to;
  for (PathAxis& axis : path->axes) {
    axis.last = rest / axis.from;
    rest %= axis.from;
    *result += axis.last * axis.to;
  }
  return rest == 0;
}

// The stride on the other side of a view's axis, which must lie within one axis of the copy.
std::optional<int64_t> MapAxis(const ViewAxis& axis, Path* path) {
  if (axis.extent == 1 || axis.stride == 0) return 0;
  if (axis.stride < 0) return std::nullopt;
  for (PathAxis& along : path->axes) {
    if (axis.stride % along.from != 0) continue;
    const int64_t step = axis.stride / along.from;
    const int64_t last = along.last + step * (axis.extent - 1);
    if (last >= along.extent) continue;
    along.last = last;
    return step * along.to;
  }
  return std::nullopt;
}

std::optional<StridedView> Map(const StridedView& view, Path path) {
  const bool has_inverse = std::all_of(path.axes.begin(), path.axes.end(),
                                       [](const PathAxis& axis) { return axis.from > 0; });
  if (!has_inverse || view.offset < path.from) return std::nullopt;
  std::sort(path.axes.begin(), path.axes.end(),
            [](const PathAxis& a, const PathAxis& b) { return a.from > b.from; });
  StridedView mapped;
  if (!MapOffset(view.offset, &path, &mapped.offset)) return std::nullopt;
  const auto leaves = [](const PathAxis& axis) { return axis.last >= axis.extent; };
  if (std::any_of(path.axes.begin(), path.axes.end(), leaves)) return std::nullopt;
  for (const ViewAxis& axis : view.axes) {
    const std::optional<int64_t> stride = MapAxis(axis, &path);
    if (!stride.has_value()) return std::nullopt;
    mapped.axes.push_back({axis.extent, *stride});
  }
  return mapped;
}

// The copy with the fewest axes; nullopt where it does more than to move elements.
std::optional<StridedCopy> Plain(const StridedCopy& copy) {
  StridedCopy plain = Simplify(copy);
  if (plain.rule != OutsideRule::kNone) return std::nullopt;
  // A copy of one element keeps an axis that leads nowhere.
  if (plain.axes.size() == 1 && plain.axes[0].extent == 1) plain.axes.clear();
  return plain;
}

// From the copy's output to its input, or the other way round.
std::optional<StridedView> MapAcross(const StridedView& view, const StridedCopy& copy,
                                     bool to_input) {
  const std::optional<StridedCopy> plain = Plain(copy);
  if (!plain.has_value()) return std::nullopt;
  Path path = {plain->output_offset, plain->input_offset, {}};
  if (!to_input) std::swap(path.from, path.to);
  for (const CopyAxis& axis : plain->axes) {
    PathAxis along = {axis.extent, axis.output_stride, axis.input_stride};
    if (!to_input) std::swap(along.from, along.to);
    path.axes.push_back(along);
  }
  return Map(view, std::move(path));
}

}  // namespace

std::optional<StridedView> ViewOfInput(const StridedView& view, const StridedCopy& copy) {
  return MapAcross(view, copy, true);
}

std::optional<StridedView> ViewOfOutput(const StridedView& view, const StridedCopy& copy) {
  return MapAcross(view, copy, false);
}

}  // namespace mace
