#include <gtest/gtest.h>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

using Ints = std::vector<int64_t>;

OpTester Depthwise(Shape x, Shape filter) {
  OpTester tester("DepthwiseConv2d");
  const int64_t out_channels = filter.dim(0) * filter.dim(1);
  tester.Input(std::move(x)).Constant(std::move(filter)).Constant(Shape{out_channels});
  return tester;
}

TEST(DepthwiseConv2dTest, ThreeByThree) {
  Depthwise({1, 9, 13, 23}, {1, 23, 3, 3}).Set("activation", std::string("SIGMOID")).Run();
  Depthwise({2, 6, 11, 32}, {1, 32, 3, 3}).Run();
}

TEST(DepthwiseConv2dTest, Strides) {
  Depthwise({1, 9, 13, 24}, {1, 24, 3, 3}).Set("strides", Ints{2, 2}).Run();
  Depthwise({1, 9, 13, 5}, {1, 5, 5, 5}).Set("strides", Ints{1, 2}).Run();
  Depthwise({1, 9, 14, 8}, {1, 8, 3, 3}).Set("strides", Ints{3, 3}).Run();
}

TEST(DepthwiseConv2dTest, Dilations) {
  Depthwise({1, 9, 13, 8}, {1, 8, 3, 3}).Set("dilations", Ints{2, 3}).Run();
}

TEST(DepthwiseConv2dTest, ALargeKernelAndPads) {
  Depthwise({1, 8, 9, 4}, {1, 4, 7, 7}).Set("pads", Ints{0, 3, 6, 1}).Run();
}

TEST(DepthwiseConv2dTest, OutputNarrowerThanATile) {
  Depthwise({1, 3, 3, 16}, {1, 16, 3, 3}).Set("padding", int64_t{0}).Run();
}

TEST(DepthwiseConv2dTest, Multiplier) {
  Depthwise({1, 9, 6, 5}, {3, 5, 3, 2}).Set("activation", std::string("RELU")).Run();
  // Groups that are merged.
  Depthwise({2, 7, 6, 16}, {2, 16, 3, 3}).Set("strides", Ints{2, 2}).Run();
  Depthwise({1, 5, 6, 12}, {3, 12, 3, 3}).Set("activation", std::string("RELU")).Run();
}

TEST(DepthwiseConv2dTest, Residual) {
  Depthwise({1, 5, 6, 7}, {1, 7, 3, 3})
      .Input({1, 5, 6, 7})
      .Set("residual", int64_t{1})
      .Set("activation", std::string("RELU"))
      .Run();
}

TEST(DepthwiseConv2dTest, NoBias) {
  OpTester("DepthwiseConv2d").Input({1, 5, 6, 3}).Constant({1, 3, 3, 3}).Run();
}

TEST(DepthwiseConv2dTest, MultiplierNumbersTheOutputsWithinAChannel) {
  OpTester tester("DepthwiseConv2d");
  tester.Input(HostTensor::FromVector<float>(DType::kFloat32, {1, 1, 1, 2}, {10, 100}))
      .Constant(HostTensor::FromVector<float>(DType::kFloat32, {2, 2, 1, 1}, {1, 2, 3, 4}));
  StatusOr<std::vector<HostTensor>> outputs = tester.Reference();
  ASSERT_TRUE(outputs.ok()) << outputs.status().message();
  const float* y = (*outputs)[0].f32();
  EXPECT_EQ(std::vector<float>(y, y + 4), (std::vector<float>{10, 30, 200, 400}));
}

TEST(DepthwiseConv2dTest, RefusesOtherChannels) {
  Depthwise({1, 5, 5, 4}, {1, 3, 3, 3}).ExpectRefused("does not fit filter");
}

}  // namespace
}  // namespace mace
