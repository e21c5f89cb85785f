// The op as GPUs are offered it, on whatever device is at hand, and what it refuses.
#include <gtest/gtest.h>

#include "mace/testing/conv_tester.h"

namespace mace {
namespace {

using Ints = std::vector<int64_t>;

// x, a depthwise filter of kernel_h x kernel_w and a pointwise one, random biases.
OpTester Separable(Shape x, int64_t kernel_h, int64_t kernel_w, int64_t out_channels) {
  const int64_t channels = x.dim(3);
  OpTester tester("SeparableConv2D");
  tester.Input(std::move(x))
      .Constant({1, channels, kernel_h, kernel_w})
      .Constant(Shape{channels})
      .Constant({out_channels, channels, 1, 1})
      .Constant(Shape{out_channels});
  return tester;
}

TEST(SeparableConv2DTest, OddChannels) {
  Separable({2, 7, 9, 21}, 3, 3, 18)
      .Set("depthwise_activation", std::string("RELUX"))
      .Set("depthwise_max_limit", 1.5)
      .AsGpu(kWideGpu)
      .Run();
}

TEST(SeparableConv2DTest, StridesPadsAndDilations) {
  Separable({1, 9, 8, 12}, 3, 3, 8)
      .Set("depthwise_strides", Ints{2, 2})
      .Set("depthwise_activation", std::string("HARDSWISH"))
      .Set("activation", std::string("RELU"))
      .AsGpu(kSmallGpu)
      .Run();
  Separable({1, 9, 8, 12}, 3, 2, 8)
      .Set("depthwise_dilations", Ints{2, 3})
      .Set("depthwise_pads", Ints{0, 2, 1, 3})
      .AsGpu(kSmallGpu)
      .Run();
  Separable({1, 9, 11, 5}, 5, 5, 33).Set("depthwise_padding", int64_t{0}).AsGpu(kWideGpu).Run();
}

// 0 is no fixed point of the activation between the two: what is behind the channels must not
// count.
TEST(SeparableConv2DTest, ActivationThatMovesZero) {
  Separable({1, 5, 6, 7}, 3, 3, 6)
      .Set("depthwise_activation", std::string("HARDSIGMOID"))
      .Set("depthwise_hardsigmoid_alpha", 0.3)
      .Set("depthwise_hardsigmoid_beta", 0.4)
      .AsGpu(kWideGpu)
      .Run();
}

TEST(SeparableConv2DTest, ResidualComesBeforeTheLastActivation) {
  Separable({2, 5, 6, 36}, 3, 3, 37)
      .Input({2, 5, 6, 37})
      .Set("residual", int64_t{1})
      .Set("depthwise_activation", std::string("RELU"))
      .Set("activation", std::string("SIGMOID"))
      .AsGpu(kWideGpu)
      .Run();
}

TEST(SeparableConv2DTest, NoBiases) {
  OpTester("SeparableConv2D")
      .Input({1, 5, 6, 3})
      .Constant({1, 3, 3, 3})
      .AbsentInput()
      .Constant({5, 3, 1, 1})
      .AbsentInput()
      .AsGpu(kWideGpu)
      .Run();
}

// Both ops, one behind the other, tap by tap by hand.
TEST(SeparableConv2DTest, ReferenceIsTheTwoOpsInTurn) {
  OpTester tester("SeparableConv2D");
  const auto floats = [](Shape shape, std::vector<float> values) {
    return HostTensor::FromVector<float>(DType::kFloat32, std::move(shape), std::move(values));
  };
  tester.Set("depthwise_activation", std::string("RELU"))
      .Input(floats({1, 1, 1, 2}, {10, 100}))
      .Constant(floats({1, 2, 1, 1}, {1, -2}))
      .Constant(floats({2}, {3, 50}))
      .Constant(floats({2, 2, 1, 1}, {1, 1, 2, 0}))
      .Constant(floats({2}, {0, 5}));
  StatusOr<std::vector<HostTensor>> outputs = tester.Reference();
  ASSERT_TRUE(outputs.ok()) << outputs.status().message();
  const float* y = (*outputs)[0].f32();
  EXPECT_EQ(std::vector<float>(y, y + 2), (std::vector<float>{13, 31}));
}

TEST(SeparableConv2DTest, RefusesWhatIsNotSuchAPair) {
  const auto pair = [](Shape depthwise, Shape pointwise) {
    OpTester tester("SeparableConv2D");
    tester.Input({1, 5, 5, 4}).Constant(std::move(depthwise)).AbsentInput();
    tester.Constant(std::move(pointwise)).AbsentInput();
    return tester;
  };
  pair({2, 4, 3, 3}, {6, 8, 1, 1}).ExpectRefused("does not fit depthwise filter");
  pair({1, 3, 3, 3}, {6, 4, 1, 1}).ExpectRefused("does not fit depthwise filter");
  pair({1, 4, 3, 3}, {6, 4, 3, 3}).ExpectRefused("expected a filter (output, 4, 1, 1)");
  pair({1, 4, 3, 3}, {6, 4, 1, 1})
      .Set("strides", Ints{2, 2})
      .ExpectRefused("expected stride 1 and no padding");
  pair({1, 4, 3, 3}, {6, 4, 1, 1})
      .Set("pads", Ints{1, 1, 1, 1})
      .ExpectRefused("expected stride 1 and no padding");
  pair({1, 4, 3, 3}, {6, 4, 1, 1}).Set("group", int64_t{2}).ExpectRefused("group: expected 1");
}

}  // namespace
}  // namespace mace
