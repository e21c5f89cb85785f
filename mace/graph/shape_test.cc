#include "mace/graph/shape.h"

#include <gtest/gtest.h>

namespace mace {
namespace {

TEST(Shape, MakeRefusesWhatDoesNotFit) {
  EXPECT_TRUE(Shape::Make({}).ok());
  EXPECT_TRUE(Shape::Make({Shape::kMaxElements}).ok());
  EXPECT_FALSE(Shape::Make({Shape::kMaxElements, 2}).ok());
  EXPECT_FALSE(Shape::Make({2, -1}).ok());
  EXPECT_FALSE(Shape::Make(std::vector<int64_t>(Shape::kMaxRank + 1, 1)).ok());
  // Products that come out small after an overflow, or behind a zero.
  EXPECT_FALSE(Shape::Make({int64_t{1} << 32, int64_t{1} << 32}).ok());
  EXPECT_FALSE(Shape::Make({0, int64_t{1} << 32, int64_t{1} << 32}).ok());
  EXPECT_EQ(Shape::Make({3, -2}).status().code(), StatusCode::kInvalidArgument);
}

TEST(Shape, Extents) {
  const Shape shape{2, 3, 5};
  EXPECT_EQ(shape.elements(), 30);
  EXPECT_EQ(shape.elements(1, 3), 15);
  EXPECT_EQ(shape.elements(1, 1), 1);
  EXPECT_EQ(shape.back(0), 5);
  EXPECT_EQ(shape.back(3), 1);
  EXPECT_EQ(shape.ToString(), "[2, 3, 5]");
  EXPECT_EQ(Shape().elements(), 1);
  EXPECT_EQ((Shape{4, 0}).elements(), 0);
}

TEST(Shape, Axes) {
  EXPECT_EQ(*NormalizeAxis(-1, 4), 3);
  EXPECT_EQ(*NormalizeAxis(-4, 4), 0);
  EXPECT_EQ(*NormalizeAxis(3, 4), 3);
  EXPECT_FALSE(NormalizeAxis(4, 4).ok());
  EXPECT_FALSE(NormalizeAxis(-5, 4).ok());
  EXPECT_FALSE(NormalizeAxis(0, 0).ok());
}

TEST(Shape, Broadcast) {
  EXPECT_EQ(*BroadcastShapes({2, 1, 5}, {3, 1}), (Shape{2, 3, 5}));
  EXPECT_EQ(*BroadcastShapes({}, {4}), Shape{4});
  EXPECT_EQ(*BroadcastShapes({1}, {0}), Shape{0});
  EXPECT_FALSE(BroadcastShapes({2}, {3}).ok());
  EXPECT_FALSE(BroadcastShapes({0}, {3}).ok());
  // Two shapes that exist can broadcast to one that does not.
  EXPECT_FALSE(BroadcastShapes({int64_t{1} << 30, 1}, {1, int64_t{1} << 30}).ok());
  const std::string message = BroadcastShapes({2, 3}, {4}).status().message();
  EXPECT_NE(message.find("[2, 3]"), std::string::npos);
  EXPECT_NE(message.find("[4]"), std::string::npos);
}

}  // namespace
}  // namespace mace
