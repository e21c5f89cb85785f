#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

OpTester ArgMax(int64_t axis, int64_t keepdims = 0, int64_t argmin = 0) {
  OpTester tester("ArgMax");
  tester.Set("axis", axis).Set("keepdims", keepdims).Set("argmin", argmin);
  return tester;
}

std::vector<int64_t> Found(OpTester tester) {
  StatusOr<std::vector<HostTensor>> outputs = tester.Reference();
  EXPECT_TRUE(outputs.ok()) << outputs.status().message();
  if (!outputs.ok()) return {};
  EXPECT_EQ((*outputs)[0].dtype(), DType::kInt32);
  return ToInt64Vector((*outputs)[0]);
}

TEST(ArgMax, EveryAxisOfEveryRank) {
  const Shape shapes[] = {{7}, {3, 6}, {2, 3, 5}, {2, 3, 4, 7}, {2, 3, 2, 2, 5}, {2, 301}};
  for (const Shape& shape : shapes) {
    for (int axis = 0; axis < shape.rank(); ++axis) {
      SCOPED_TRACE(shape.ToString() + " axis " + std::to_string(axis));
      ArgMax(axis, axis % 2, axis % 2).Input(shape).Seed(static_cast<uint32_t>(axis) + 1).Run();
      ArgMax(axis - shape.rank()).Input(shape).Run();
    }
  }
}

TEST(ArgMax, TheFirstOfEquals) {
  const HostTensor x =
      HostTensor::FromVector<float>(DType::kFloat32, {2, 4}, {1, 3, 3, 1, -0.0f, 0, 0, -0.0f});
  EXPECT_EQ(Found(ArgMax(1).Input(x)), (std::vector<int64_t>{1, 0}));
  EXPECT_EQ(Found(ArgMax(1, 0, 1).Input(x)), (std::vector<int64_t>{0, 0}));
  ArgMax(1).Input(x).Run();
  ArgMax(1, 0, 1).Input(x).Run();
}

TEST(ArgMax, NaNGoesFirst) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const HostTensor x = HostTensor::FromVector<float>(DType::kFloat32, {2, 4},
                                                     {1, nan, HUGE_VALF, nan, nan, -1, nan, 2});
  for (int64_t argmin : {0, 1}) {
    EXPECT_EQ(Found(ArgMax(1, 0, argmin).Input(x)), (std::vector<int64_t>{1, 0}));
    ArgMax(1, 0, argmin).Input(x).Run();
  }
}

TEST(ArgMax, InfinitiesAreNumbers) {
  const HostTensor x = HostTensor::FromVector<float>(
      DType::kFloat32, {2, 3}, {-HUGE_VALF, -HUGE_VALF, -HUGE_VALF, 1, HUGE_VALF, 2});
  EXPECT_EQ(Found(ArgMax(1).Input(x)), (std::vector<int64_t>{0, 1}));
  ArgMax(1).Input(x).Run();
}

TEST(ArgMax, Integers) {
  const HostTensor x = HostTensor::FromVector<int32_t>(DType::kInt32, {2, 3}, {4, 9, 9, -3, -7, 2});
  EXPECT_EQ(Found(ArgMax(1).Input(x)), (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(Found(ArgMax(0, 0, 1).Input(x)), (std::vector<int64_t>{1, 1, 1}));
}

TEST(ArgMax, KeepsTheAxisByDefault) {
  OpTester tester("ArgMax");
  tester.Input({3, 4, 5});
  StatusOr<std::vector<HostTensor>> outputs = tester.Reference();
  ASSERT_TRUE(outputs.ok());
  EXPECT_EQ((*outputs)[0].shape(), Shape({1, 4, 5}));
}

TEST(ArgMax, Refuses) {
  ArgMax(2).Input({2, 3}).ExpectRefused("2");
  ArgMax(0).Input(Shape()).ExpectRefused("0");
  ArgMax(1).Input({2, 0}).ExpectRefused("expected 1 to");
}

}  // namespace
}  // namespace mace
