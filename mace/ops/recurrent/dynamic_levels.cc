#include "mace/ops/recurrent/dynamic_levels.h"

#include <algorithm>

#include "mace/base/divide.h"

namespace mace {
namespace {

constexpr size_t kAtOnce = 16;  // Known to the compiler, which then uses vectors.
// Adding 1.5 * 2^23 to a float below 2^22 rounds it to a whole number, half to even.
constexpr float kRounder = 12582912.0f;

struct Range {
  float low = 0, high = 0;
};

// A NaN is neither below nor above another number.
void Widen(float number, float* low, float* high) {
  *low = number < *low ? number : *low;
  *high = number > *high ? number : *high;
}

Range RangeOf(const float* numbers, size_t count) {
  float low[kAtOnce] = {}, high[kAtOnce] = {};
  size_t i = 0;
  for (; i + kAtOnce <= count; i += kAtOnce) {
    for (size_t k = 0; k < kAtOnce; ++k) Widen(numbers[i + k], &low[k], &high[k]);
  }
  for (; i < count; ++i) Widen(numbers[i], &low[0], &high[0]);
  return {*std::min_element(low, low + kAtOnce), *std::max_element(high, high + kAtOnce)};
}

// A NaN becomes level 0.
int32_t Level(float number, float scale, float zero_point) {
  float level = ((number / scale + kRounder) - kRounder) + zero_point;
  level = level > 0.0f ? level : 0.0f;
  return static_cast<int32_t>(level < 255.0f ? level : 255.0f);
}

}  // namespace

void DynamicLevels::Quantize(const float* numbers, size_t rows, size_t width) {
  const Range range = RangeOf(numbers, rows * width);
  scale_ = range.low == range.high ? 1 : (range.high - range.low) / 255;
  const float zero_point = static_cast<float>(Level(-range.low, scale_, 0));
  zero_point_ = static_cast<int32_t>(zero_point);
  pitch_ = AlignUp(width, ByteRows::kBytesAtOnce);
  levels_.resize(rows * pitch_);
  row_sums_.resize(rows);
  for (size_t row = 0; row < rows; ++row, numbers += width) {
    uint8_t* const to = levels_.data() + row * pitch_;
    int32_t sums[kAtOnce] = {};
    size_t i = 0;
    for (; i + kAtOnce <= width; i += kAtOnce) {
      int32_t levels[kAtOnce];
      for (size_t k = 0; k < kAtOnce; ++k) levels[k] = Level(numbers[i + k], scale_, zero_point);
      for (size_t k = 0; k < kAtOnce; ++k) sums[k] += levels[k];
      for (size_t k = 0; k < kAtOnce; ++k) to[i + k] = static_cast<uint8_t>(levels[k]);
    }
    for (; i < width; ++i) {
      const int32_t level = Level(numbers[i], scale_, zero_point);
      sums[0] += level;
      to[i] = static_cast<uint8_t>(level);
    }
    std::fill(to + width, to + pitch_, uint8_t{0});
    row_sums_[row] = -zero_point_ * static_cast<int32_t>(width);
    for (int32_t sum : sums) row_sums_[row] += sum;
  }
}

}  // namespace mace
