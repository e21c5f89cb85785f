#include <gtest/gtest.h>

#include <limits>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

HostTensor Mask(const Shape& shape) {
  std::vector<uint8_t> bits(static_cast<size_t>(shape.elements()));
  for (size_t i = 0; i < bits.size(); ++i) bits[i] = i % 3 == 0 ? 1 : 0;
  return HostTensor::FromVector(DType::kBool, shape, bits);
}

TEST(Where, BroadcastsAllThree) {
  const Shape cases[][3] = {{{2, 3, 5}, {2, 3, 5}, {2, 3, 5}},
                            {{3, 1}, {2, 1, 5}, {1}},
                            {{5}, {2, 1, 3, 1}, {3, 5}},
                            {{2, 2, 1, 3, 5}, {1}, {2, 4, 1, 5}}};
  uint32_t seed = 1;
  for (const auto& shapes : cases) {
    SCOPED_TRACE(shapes[0].ToString());
    const HostTensor mask = Mask(shapes[0]);
    OpTester("Where").Constant(mask).Input(shapes[1]).Input(shapes[2]).Seed(seed++).Run();
    OpTester("Where").Constant(mask).Constant(shapes[1]).Input(shapes[2]).Seed(seed++).Run();
    OpTester("Where").Constant(mask).Input(shapes[1]).Constant(shapes[2]).Seed(seed++).Run();
  }
}

TEST(Where, ComputedConditionBroadcasts) {
  const Shape cases[][3] = {{{2, 3, 4, 5}, {2, 3, 4, 5}, {2, 3, 4, 5}},
                            {{2, 3, 4, 1}, {1, 4, 8}, {8}},
                            {{8}, {2, 1, 3, 8}, {1}},
                            {{2, 2, 1, 3, 5}, {1}, {2, 4, 1, 5}}};
  uint32_t seed = 1;
  for (const auto& shapes : cases) {
    SCOPED_TRACE(shapes[0].ToString());
    const HostTensor mask = Mask(shapes[0]);
    OpTester("Where").Input(mask).Input(shapes[1]).Input(shapes[2]).Seed(seed++).Run();
    OpTester("Where").Input(mask).Constant(shapes[1]).Constant(shapes[2]).Seed(seed++).Run();
  }
}

TEST(Where, WhatIsNotChosenStaysOut) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Shape shape({7});
  const HostTensor x =
      HostTensor::FromVector<float>(DType::kFloat32, shape, {1, nan, nan, 4, nan, nan, 7});
  OpTester("Where").Input(Mask(shape)).Input(x).Input(shape).Run();
}

TEST(Where, BoolsOfBools) {
  OpTester("Where").Input(Mask({2, 3})).Input(Mask({3})).Input(Mask({2, 1})).Run();
}

TEST(Where, Integers) {
  OpTester tester("Where");
  tester.Input(Mask({3}))
      .Input(HostTensor::FromVector<int64_t>(DType::kInt64, Shape({3}), {1, 2, 3}))
      .Input(HostTensor::FromVector<int64_t>(DType::kInt64, Shape({1}), {-1}));
  StatusOr<std::vector<HostTensor>> y = tester.Reference();
  ASSERT_TRUE(y.ok()) << y.status().message();
  ASSERT_EQ(DType::kInt64, (*y)[0].dtype());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(i == 0 ? 1 : -1, (*y)[0].data<int64_t>()[i]);
}

TEST(Where, Refuses) {
  OpTester("Where").Input({2}).Input({2}).Input({2}).ExpectRefused("expected bool");
  OpTester("Where").Input(Mask({2})).Input({2}).Input({3}).ExpectRefused("[3]");
}

TEST(Where, IntegersOnTheDevice) {
  const HostTensor mask = Mask({2, 3});
  const HostTensor a = HostTensor::FromVector<int64_t>(DType::kInt64, {3}, {4, -5, 6});
  const HostTensor b = HostTensor::FromVector<int64_t>(DType::kInt64, {2, 1}, {0, 9});
  OpTester("Where").Input(mask).Input(a).Input(b).Run();
  OpTester("Where").Input(mask).Constant(a).Input(b).Run();
  OpTester("Where")
      .Input(mask)
      .Input(*a.ConvertTo(DType::kInt32))
      .Input(*b.ConvertTo(DType::kInt32))
      .Run();
}

}  // namespace
}  // namespace mace
