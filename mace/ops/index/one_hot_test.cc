#include <gtest/gtest.h>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

OpTester OneHot(int64_t depth, int64_t axis = -1) {
  OpTester tester("OneHot");
  tester.Set("depth", depth).Set("axis", axis);
  return tester;
}

HostTensor Ints(Shape shape, const std::vector<int32_t>& values) {
  return HostTensor::FromVector<int32_t>(DType::kInt32, std::move(shape), values);
}

void ExpectOutput(OpTester tester, const Shape& shape, const std::vector<float>& expected) {
  StatusOr<std::vector<HostTensor>> outputs = tester.Reference();
  ASSERT_TRUE(outputs.ok()) << outputs.status().message();
  const HostTensor y = *(*outputs)[0].ConvertTo(DType::kFloat32);
  EXPECT_EQ(y.shape(), shape);
  EXPECT_EQ(std::vector<float>(y.f32(), y.f32() + y.shape().elements()), expected);
  tester.Run();
}

TEST(OneHot, LastAxisIsTheDefault) {
  OpTester tester("OneHot");
  tester.Set("depth", int64_t{3}).Input(Ints({2}, {2, 0}));
  ExpectOutput(tester, {2, 3}, {0, 0, 1, 1, 0, 0});
}

TEST(OneHot, EveryAxis) {
  const HostTensor x = Ints({2, 2}, {0, 1, 2, 1});
  ExpectOutput(OneHot(3, 0).Input(x), {3, 2, 2}, {1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0});
  ExpectOutput(OneHot(3, 1).Input(x), {2, 3, 2}, {1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 0});
  ExpectOutput(OneHot(3, -1).Input(x), {2, 2, 3}, {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0});
  ExpectOutput(OneHot(2).Input(Ints(Shape(), {1})), {2}, {0, 1});
}

TEST(OneHot, Values) {
  OpTester tester = OneHot(2);
  tester.Set("on_value", 2.5).Set("off_value", -1.0).Input(Ints({2}, {1, 0}));
  ExpectOutput(tester, {2, 2}, {-1, 2.5f, 2.5f, -1});
}

TEST(OneHot, WhatNamesNoPlace) {
  ExpectOutput(OneHot(2).Input(Ints({3}, {-1, 2, 1})), {3, 2}, {0, 0, 0, 0, 0, 1});
  const HostTensor floats =
      HostTensor::FromVector<float>(DType::kFloat32, Shape({4}), {1, 0.5f, 1e30f, -0.0f});
  ExpectOutput(OneHot(2).Input(floats), {4, 2}, {0, 1, 0, 0, 0, 0, 1, 0});
}

TEST(OneHot, Integers) {
  OpTester tester = OneHot(2);
  tester.Set("dtype", std::string("int32")).Set("on_value", 7.0).Input(Ints({1}, {1}));
  StatusOr<std::vector<HostTensor>> outputs = tester.Reference();
  ASSERT_TRUE(outputs.ok());
  EXPECT_EQ((*outputs)[0].dtype(), DType::kInt32);
  EXPECT_EQ(ToInt64Vector((*outputs)[0]), (std::vector<int64_t>{0, 7}));
  tester.Run();
}

TEST(OneHot, Refuses) {
  const HostTensor x = Ints({2}, {0, 1});
  OneHot(0).Input(x).ExpectRefused("depth: expected 1 or more, found 0");
  OneHot(3, 2).Input(x).ExpectRefused("2");
  OneHot(int64_t{1} << 45).Input(x).ExpectRefused("elements");
  OneHot(3).Set("dtype", std::string("bool")).Input(x).ExpectRefused("expected float32 or int32");
  OneHot(3)
      .Set("dtype", std::string("int32"))
      .Set("on_value", 1e10)
      .Input(x)
      .ExpectRefused("a value of int32");
}

}  // namespace
}  // namespace mace
