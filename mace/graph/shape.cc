#include "mace/graph/shape.h"

#include <algorithm>

namespace mace {

StatusOr<Shape> Shape::Make(std::vector<int64_t> dims) {
  Shape shape(std::move(dims));
  if (shape.rank() > kMaxRank) {
    return InvalidArgument("shape " + shape.ToString() + ": rank above " +
                           std::to_string(kMaxRank));
  }
  int64_t count = 1;
  for (int64_t extent : shape.dims_) {
    if (extent < 0) return InvalidArgument("shape " + shape.ToString() + ": negative extent");
    if (extent > 0 && count > kMaxElements / extent) {
      return InvalidArgument("shape " + shape.ToString() + ": more than 2^40 elements");
    }
    // A zero extent must not hide an overflow of the others.
    count *= std::max<int64_t>(extent, 1);
  }
  return shape;
}

int64_t Shape::elements() const { return elements(0, rank()); }

int64_t Shape::elements(int first, int last) const {
  int64_t count = 1;
  for (int axis = first; axis < last; ++axis) count *= dim(axis);
  return count;
}

std::string Shape::ToString() const {
  std::string text = "[";
  for (size_t i = 0; i < dims_.size(); ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(dims_[i]);
  }
  return text + "]";
}

StatusOr<int> NormalizeAxis(int64_t axis, int rank) {
  if (axis < -rank || axis >= rank) {
    return InvalidArgument("axis " + std::to_string(axis) + " outside of rank " +
                           std::to_string(rank));
  }
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

StatusOr<Shape> BroadcastShapes(const Shape& a, const Shape& b) {
  const int rank = std::max(a.rank(), b.rank());
  std::vector<int64_t> dims(static_cast<size_t>(rank));
  for (int i = 0; i < rank; ++i) {
    const int64_t x = a.back(i), y = b.back(i);
    if (x != y && x != 1 && y != 1) {
      return InvalidArgument("shapes " + a.ToString() + " and " + b.ToString() +
                             " do not broadcast");
    }
    dims[static_cast<size_t>(rank - 1 - i)] = x == 1 ? y : x;
  }
  return Shape::Make(std::move(dims));
}

}  // namespace mace
