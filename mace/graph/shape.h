// The extents of a dense tensor, outermost first. A scalar has rank 0 and one element.
#ifndef MACE_GRAPH_SHAPE_H_
#define MACE_GRAPH_SHAPE_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "mace/base/status.h"

namespace mace {

class Shape {
 public:
  // Above this a shape is refused: no tensor of a real model comes near, and products stay inside
  // int64_t.
  static constexpr int64_t kMaxElements = int64_t{1} << 40;
  static constexpr int kMaxRank = 8;

  Shape() = default;
  Shape(std::initializer_list<int64_t> dims) : dims_(dims) {}
  explicit Shape(std::vector<int64_t> dims) : dims_(std::move(dims)) {}

  // Checks rank, signs and the element count (each product before it is made).
  static StatusOr<Shape> Make(std::vector<int64_t> dims);

  int rank() const { return static_cast<int>(dims_.size()); }
  int64_t dim(int axis) const { return dims_[static_cast<size_t>(axis)]; }
  int64_t operator[](int axis) const { return dim(axis); }
  // The axis counted from the end: back(0) is the innermost extent; 1 where the rank is smaller.
  int64_t back(int from_end) const { return from_end < rank() ? dim(rank() - 1 - from_end) : 1; }
  const std::vector<int64_t>& dims() const { return dims_; }
  int64_t elements() const;
  // Product of the extents [first, last).
  int64_t elements(int first, int last) const;

  // "[1, 224, 224, 3]"
  std::string ToString() const;

  friend bool operator==(const Shape& a, const Shape& b) { return a.dims_ == b.dims_; }
  friend bool operator!=(const Shape& a, const Shape& b) { return !(a == b); }

 private:
  std::vector<int64_t> dims_;
};

// Maps an axis in [-rank, rank) to [0, rank); kInvalidArgument outside of it.
StatusOr<int> NormalizeAxis(int64_t axis, int rank);

// NumPy's broadcasting of two shapes; kInvalidArgument names both where they do not fit.
StatusOr<Shape> BroadcastShapes(const Shape& a, const Shape& b);

}  // namespace mace

#endif  // MACE_GRAPH_SHAPE_H_
