#include "mace/ops/elementwise/broadcast_rows.h"

#include <gtest/gtest.h>

namespace mace {
namespace {

// The operand's element that each element of the result reads.
std::vector<int64_t> ElementsRead(const Shape& result, const Shape& operand) {
  std::vector<int64_t> elements;
  BroadcastRows rows(result, {operand});
  while (rows.Next()) {
    EXPECT_EQ(rows.begin(), static_cast<int64_t>(elements.size()));
    for (int64_t i = 0; i < rows.count(); ++i)
      elements.push_back(rows.offset(0) + i * rows.step(0));
  }
  return elements;
}

// The operand's element that each element of the result should read, by division, axis by axis.
std::vector<int64_t> ElementsExpected(const Shape& result, const Shape& operand) {
  std::vector<int64_t> elements;
  for (int64_t i = 0; i < result.elements(); ++i) {
    int64_t left = i, element = 0, step = 1;
    for (int from_end = 0; from_end < operand.rank(); ++from_end) {
      const int64_t at = left % result.back(from_end);
      left /= result.back(from_end);
      if (operand.back(from_end) != 1) element += at * step;
      step *= operand.back(from_end);
    }
    elements.push_back(element);
  }
  return elements;
}

TEST(BroadcastRows, ReadsWhatBroadcastingPutsThere) {
  const Shape result({2, 3, 4, 5});
  const Shape operands[] = {{2, 3, 4, 5}, {5},          {1},       {},           {4, 1},
                            {3, 1, 1},    {2, 1, 1, 1}, {3, 4, 5}, {2, 1, 4, 1}, {1, 3, 1, 5}};
  for (const Shape& operand : operands) {
    SCOPED_TRACE(operand.ToString());
    EXPECT_EQ(ElementsRead(result, operand), ElementsExpected(result, operand));
  }
}

TEST(BroadcastRows, EqualShapesAreOneRow) {
  const Shape shape({2, 3, 4});
  BroadcastRows rows(shape, {shape, shape, Shape()});
  ASSERT_TRUE(rows.Next());
  EXPECT_EQ(rows.count(), 24);
  EXPECT_EQ(rows.step(1), 1);
  EXPECT_EQ(rows.step(2), 0);
  EXPECT_FALSE(rows.Next());
}

TEST(BroadcastRows, AScalarHasOneElementAndAnEmptyResultNone) {
  EXPECT_EQ(ElementsRead(Shape(), Shape()), std::vector<int64_t>{0});
  EXPECT_EQ(ElementsRead(Shape(), Shape({1, 1})), std::vector<int64_t>{0});
  EXPECT_TRUE(ElementsRead(Shape({3, 0}), Shape({3, 1})).empty());
  EXPECT_TRUE(ElementsRead(Shape({0, 3}), Shape({3})).empty());
}

}  // namespace
}  // namespace mace
