// The rows in which a CPU reference walks over a tensor that operands are broadcast to (NumPy's
// rule): within a row each operand is read with one step, so that the inner loop is a plain one.
//
// Thread-compatible: each thread has its own BroadcastRows.
#ifndef MACE_OPS_ELEMENTWISE_BROADCAST_ROWS_H_
#define MACE_OPS_ELEMENTWISE_BROADCAST_ROWS_H_

#include <array>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "mace/graph/shape.h"

namespace mace {

class BroadcastRows {
 public:
  static constexpr size_t kMaxOperands = 3;
  // Offsets or steps by operand, in elements of that operand.
  using ByOperand = std::array<int64_t, kMaxOperands>;

  // REQUIRES: at most kMaxOperands operands, each of which broadcasts to `result`.
  BroadcastRows(const Shape& result, std::initializer_list<Shape> operands);

  // Goes to the next row, at first to the first one; false: there is none. All rows together are
  // the elements of `result` in row-major order.
  bool Next();

  // The place of the row's first element in `result`.
  int64_t begin() const { return begin_; }
  // The elements of the row.
  int64_t count() const { return axes_.back().extent; }
  // The operand's element that the row's first element reads.
  int64_t offset(size_t operand) const { return offsets_[operand]; }
  // From the operand's element to that of the row's next element: 0 where it is broadcast.
  int64_t step(size_t operand) const { return axes_.back().steps[operand]; }

 private:
  struct Axis {
    int64_t extent = 1;
    ByOperand steps = {};
  };

  // Appends an axis, or makes the last one longer where all operands run on from one to the other.
  void Append(const Axis& axis);

  std::vector<Axis> axes_;   // Outermost first; never empty.
  std::vector<int64_t> at_;  // By axis; the last one stays 0.
  ByOperand offsets_ = {};
  int64_t begin_ = 0;
  int64_t rows_left_ = 1;
  bool is_first_ = true;
};

}  // namespace mace

#endif  // MACE_OPS_ELEMENTWISE_BROADCAST_ROWS_H_
