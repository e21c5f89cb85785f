#include "mace/ops/move/strided_view.h"

#include <gtest/gtest.h>

namespace mace {
namespace {

// The strides of a view, after its offset.
std::vector<int64_t> Numbers(const std::optional<StridedView>& view) {
  if (!view.has_value()) return {};
  std::vector<int64_t> numbers = {view->offset};
  for (const ViewAxis& axis : view->axes) numbers.push_back(axis.stride);
  return numbers;
}

using Expected = std::vector<int64_t>;

// [2, 3, 5] to [3, 2, 5].
StridedCopy Transposition() {
  StridedCopy copy;
  copy.axes = {{3, 5, 10}, {2, 15, 5}, {5, 1, 1}};
  return copy;
}

TEST(StridedViewTest, Transposed) {
  const StridedView all = {0, {{3, 10}, {2, 5}, {5, 1}}};
  EXPECT_EQ((Expected{0, 5, 15, 1}), Numbers(ViewOfInput(all, Transposition())));
  const StridedView input = {0, {{2, 15}, {3, 5}, {5, 1}}};
  EXPECT_EQ((Expected{0, 5, 10, 1}), Numbers(ViewOfOutput(input, Transposition())));
}

TEST(StridedViewTest, PartsBeginAtTheirOffset) {
  // Row [1][1] of the output is row [1][1] of the input, its last three elements.
  const StridedView part = {10 + 5 + 2, {{3, 1}}};
  EXPECT_EQ((Expected{15 + 5 + 2, 1}), Numbers(ViewOfInput(part, Transposition())));
}

TEST(StridedViewTest, AnAxisAcrossTwoHasNoStride) {
  const StridedView merged = {0, {{6, 5}, {5, 1}}};
  EXPECT_FALSE(ViewOfInput(merged, Transposition()).has_value());
  // Every second row is one with a stride: it stays within an axis.
  const StridedView seconds = {5, {{3, 10}, {5, 1}}};
  EXPECT_EQ((Expected{15, 5, 1}), Numbers(ViewOfInput(seconds, Transposition())));
}

TEST(StridedViewTest, ExtentsOfOneAndRepetitionsHaveNoStride) {
  const StridedView view = {0, {{1, 77}, {4, 0}, {5, 1}}};
  EXPECT_EQ((Expected{0, 0, 0, 1}), Numbers(ViewOfInput(view, Transposition())));
}

TEST(StridedViewTest, BackwardsThereIsNone) {
  EXPECT_FALSE(ViewOfInput({29, {{5, -1}}}, Transposition()).has_value());
}

// x[2:5] of 10 rows of 4 elements.
TEST(StridedViewTest, Slices) {
  StridedCopy copy;
  copy.input_offset = 8;
  copy.axes = {{3, 4, 4}, {4, 1, 1}};
  const StridedView all = {0, {{3, 4}, {4, 1}}};
  EXPECT_EQ((Expected{8, 4, 1}), Numbers(ViewOfInput(all, copy)));
}

TEST(StridedViewTest, WhatIsFilledInOrRepeatedHasNoView) {
  StridedCopy padded;
  padded.rule = OutsideRule::kConstant;
  padded.axes = {{6, 1, 1, -1, 4}};
  EXPECT_FALSE(ViewOfInput({0, {{6, 1}}}, padded).has_value());
  StridedCopy repeated;
  repeated.axes = {{3, 0, 4}, {4, 1, 1}};
  EXPECT_FALSE(ViewOfOutput({0, {{4, 1}}}, repeated).has_value());
  // Readers of the result see the same row three times.
  EXPECT_EQ((Expected{0, 0, 1}), Numbers(ViewOfInput({0, {{3, 4}, {4, 1}}}, repeated)));
}

}  // namespace
}  // namespace mace
