#include "mace/engine/fp16_overflow.h"

#include <gtest/gtest.h>

#include <limits>

namespace mace {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

HostTensor Floats(std::vector<float> values) {
  HostTensor tensor =
      *HostTensor::Allocate({DType::kFloat32, {static_cast<int64_t>(values.size())}});
  std::copy(values.begin(), values.end(), tensor.f32());
  return tensor;
}

TEST(Fp16Overflow, SaysWhichOutputIsNotFinite) {
  const std::string line = DescribeHalfOverflow({"a", "b"}, {Floats({1, 2})},
                                                {Floats({1}), Floats({1, kInfinity, kNaN, 2})});
  EXPECT_EQ(line.find("output 'b': 2 of 4 values are not finite"), 0u) << line;
}

TEST(Fp16Overflow, SaysNothingOfFiniteValues) {
  EXPECT_EQ(DescribeHalfOverflow({"a"}, {Floats({1})}, {Floats({65504, -3e38f})}), "");
}

TEST(Fp16Overflow, WhatComesInMayGoOut) {
  EXPECT_EQ(DescribeHalfOverflow({"a"}, {Floats({kInfinity})}, {Floats({kInfinity})}), "");
}

TEST(Fp16Overflow, IntegersAreLeftOut) {
  const HostTensor ints = HostTensor::FromVector<int32_t>(DType::kInt32, {1}, {-1});
  EXPECT_EQ(DescribeHalfOverflow({"a"}, {ints}, {ints}), "");
}

}  // namespace
}  // namespace mace
