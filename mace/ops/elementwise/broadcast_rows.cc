#include "mace/ops/elementwise/broadcast_rows.h"

#include "mace/ops/matmul/batched_gemm.h"

namespace mace {

BroadcastRows::BroadcastRows(const Shape& result, std::initializer_list<Shape> operands) {
  std::vector<Axis> axes(static_cast<size_t>(result.rank()));
  for (size_t i = 0; i < axes.size(); ++i) axes[i].extent = result.dims()[i];
  size_t index = 0;
  for (const Shape& operand : operands) {
    const BroadcastStrides strides = StridesOf(operand, result, 1);
    for (size_t i = 0; i < axes.size(); ++i) axes[i].steps[index] = strides[i];
    ++index;
  }
  for (const Axis& axis : axes) Append(axis);
  if (axes_.empty()) axes_.emplace_back();
  at_.assign(axes_.size(), 0);
  for (size_t i = 0; i + 1 < axes_.size(); ++i) rows_left_ *= axes_[i].extent;
  if (count() == 0) rows_left_ = 0;
}

void BroadcastRows::Append(const Axis& axis) {
  if (axis.extent == 1) return;
  bool runs_on = !axes_.empty();
  for (size_t i = 0; runs_on && i < kMaxOperands; ++i)
    runs_on = axes_.back().steps[i] == axis.steps[i] * axis.extent;
  if (!runs_on) {
    axes_.push_back(axis);
    return;
  }
  axes_.back().extent *= axis.extent;
  axes_.back().steps = axis.steps;
}

bool BroadcastRows::Next() {
  if (rows_left_ == 0) return false;
  --rows_left_;
  if (is_first_) {
    is_first_ = false;
    return true;
  }
  begin_ += count();
  for (size_t i = axes_.size() - 1; i-- > 0;) {
    const Axis& axis = axes_[i];
    const bool is_last = ++at_[i] == axis.extent;
    if (is_last) at_[i] = 0;
    const int64_t steps = is_last ? 1 - axis.extent : 1;
    for (size_t operand = 0; operand < kMaxOperands; ++operand)
      offsets_[operand] += steps * axis.steps[operand];
    if (!is_last) break;
  }
  return true;
}

}  // namespace mace
