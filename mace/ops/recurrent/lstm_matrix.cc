#include "mace/ops/recurrent/lstm_matrix.h"

#include <algorithm>

#include "mace/base/divide.h"

namespace mace {
namespace {

// The product of integers as floats, and where they go, as far as `count` columns.
struct Columns {
  const int32_t* sums;
  const int32_t* column_sums;
  const int32_t* zero_points;
  const float* scales;
  float* to;
};

// The sum of (x - zero of x) * (w - zero of w) comes from that of x * w, that of w (the column's) and
// that of x - zero of x (the row's).
void ScaleRow(const Columns& columns, const DynamicLevels& x, int32_t row_sum, size_t count) {
  const int32_t zero_point = x.zero_point();
  const float scale = x.scale();
  const auto scale_column = [&](size_t c) {
    const int32_t sum =
        columns.sums[c] - zero_point * columns.column_sums[c] - columns.zero_points[c] * row_sum;
    return static_cast<float>(sum) * (scale * columns.scales[c]);
  };
  constexpr size_t kAtOnce = 16;  // Known to the compiler, which then uses vectors.
  size_t c = 0;
  for (; c + kAtOnce <= count; c += kAtOnce) {
    float scaled[kAtOnce];
    for (size_t k = 0; k < kAtOnce; ++k) scaled[k] = scale_column(c + k);
    for (size_t k = 0; k < kAtOnce; ++k) columns.to[c + k] = scaled[k];
  }
  for (; c < count; ++c) columns.to[c] = scale_column(c);
}

}  // namespace

LstmMatrix::LstmMatrix(const QuantizedOperand& operand, size_t direction) {
  const Shape& shape = operand.integers.shape();
  const auto rows = static_cast<size_t>(shape[1]), columns = static_cast<size_t>(shape[2]);
  const bool is_signed = operand.integers.dtype() == DType::kInt8;
  matrix_ = {operand.integers.data<uint8_t>() + direction * rows * columns, rows, columns,
             is_signed ? uint8_t{0} : uint8_t{0x80}};
  const std::vector<int64_t> zeros = ToInt64Vector(operand.zero_points);
  // As many as the elements are less where they are unsigned.
  const int64_t less = is_signed ? 0 : 128;
  const bool each = operand.scales.shape().rank() == 2;
  const bool each_zero = operand.zero_points.shape().rank() == 2;
  for (size_t c = 0; c < columns; ++c) {
    const size_t place = direction * columns + c;
    scales_.push_back(operand.scales.f32()[each ? place : direction]);
    const int64_t zero = zeros[each_zero ? place : direction];
    zero_points_.push_back(static_cast<int32_t>(zero - less));
  }
  const size_t pitch = AlignUp(rows, ByteRows::kBytesAtOnce);
  std::vector<uint8_t> ones(pitch, 0);
  std::fill_n(ones.begin(), rows, uint8_t{1});
  column_sums_.resize(columns);
  RunnableByteProducts()[0]({ones.data(), 1, pitch}, matrix_, column_sums_.data());
}

void LstmMatrix::Multiply(const DynamicLevels& x, size_t first, size_t count, float* to) {
  sums_.resize(count * columns());
  if (packed_.has_value()) {
    packed_->Multiply(x.Rows(first, count), sums_.data());
  } else {
    RunnableByteProducts()[0](x.Rows(first, count), matrix_, sums_.data());
  }
  for (size_t r = 0; r < count; ++r) {
    const size_t at = r * columns();
    const Columns all = {sums_.data() + at, column_sums_.data(), zero_points_.data(),
                         scales_.data(), to + at};
    ScaleRow(all, x, x.row_sum(first + r), columns());
  }
}

}  // namespace mace
