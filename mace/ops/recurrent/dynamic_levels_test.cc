#include "mace/ops/recurrent/dynamic_levels.h"

#include <gtest/gtest.h>

#include <limits>

namespace mace {
namespace {

std::vector<int> Row(const DynamicLevels& levels, size_t row, size_t width) {
  const ByteRows rows = levels.Rows(row, 1);
  return std::vector<int>(rows.bytes, rows.bytes + width);
}

TEST(DynamicLevels, TheRangeHoldsZeroAndEndsAtTheLevels) {
  DynamicLevels levels;
  const float numbers[] = {1, 3, 255, 51, 2, 0};
  levels.Quantize(numbers, 2, 3);
  EXPECT_EQ(levels.scale(), 1.0f);
  EXPECT_EQ(levels.zero_point(), 0);
  EXPECT_EQ(Row(levels, 0, 3), (std::vector<int>{1, 3, 255}));
  EXPECT_EQ(Row(levels, 1, 3), (std::vector<int>{51, 2, 0}));
  EXPECT_EQ(levels.row_sum(0), 259);
  EXPECT_EQ(levels.row_sum(1), 53);
  EXPECT_EQ(levels.Rows(0, 2).bytes[3], 0) << "behind the width";
}

TEST(DynamicLevels, HalvesGoToEvenLevels) {
  DynamicLevels levels;
  std::vector<float> numbers = {-55, 200, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f};
  numbers.resize(23, 0.0f);  // More than are rounded together.
  levels.Quantize(numbers.data(), 1, numbers.size());
  EXPECT_EQ(levels.zero_point(), 55);
  EXPECT_EQ(Row(levels, 0, 7), (std::vector<int>{0, 255, 55, 57, 57, 55, 53}));
  EXPECT_EQ(levels.row_sum(0), -55 + 200 + 0 + 2 + 2 + 0 - 2);
}

TEST(DynamicLevels, ZerosHaveScaleOne) {
  DynamicLevels levels;
  const float numbers[2] = {};
  levels.Quantize(numbers, 1, 2);
  EXPECT_EQ(levels.scale(), 1.0f);
  EXPECT_EQ(Row(levels, 0, 2), (std::vector<int>{0, 0}));
}

TEST(DynamicLevels, ANanIsTheLowestLevelAndOutsideTheRange) {
  DynamicLevels levels;
  const float numbers[] = {std::numeric_limits<float>::quiet_NaN(), 255, -0.25f};
  levels.Quantize(numbers, 1, 3);
  EXPECT_EQ(levels.scale(), 255.25f / 255);
  EXPECT_EQ(Row(levels, 0, 2), (std::vector<int>{0, 255}));
}

}  // namespace
}  // namespace mace
