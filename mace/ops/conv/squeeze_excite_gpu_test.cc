// The op as GPUs are offered it, on whatever device is at hand, and what it refuses.
#include <gtest/gtest.h>

#include "mace/testing/conv_tester.h"

namespace mace {
namespace {

// x [images, 1, 1, channels], random biases, filters up to `most`.
OpTester Excite(int64_t images, int64_t channels, int64_t hidden, int64_t out_channels,
                float most = 1) {
  OpTester tester("SqueezeExcite");
  tester.Input({images, 1, 1, channels})
      .Constant({hidden, channels, 1, 1}, -most, most)
      .Constant(Shape{hidden})
      .Constant({out_channels, hidden, 1, 1}, -most, most)
      .Constant(Shape{out_channels});
  return tester;
}

TEST(SqueezeExciteTest, OddChannels) {
  Excite(2, 37, 10, 35)
      .Set("squeeze_activation", std::string("RELU"))
      .Set("activation", std::string("HARDSIGMOID"))
      .AsGpu(kWideGpu)
      .Run();
}

// 0 is no fixed point of the first activation: what it makes of padding lanes is no part of a sum.
TEST(SqueezeExciteTest, ActivationThatMovesZero) {
  Excite(1, 6, 3, 5)
      .Set("squeeze_activation", std::string("SIGMOID"))
      .Set("activation", std::string("SIGMOID"))
      .AsGpu(kWideGpu)
      .Run();
}

// More blocks of the result than a group has work-items for at once. Halves round each of many
// weights.
TEST(SqueezeExciteTest, ManyChannels) {
  Excite(3, 1152, 48, 1152, 0.125f)
      .Set("squeeze_activation", std::string("SILU"))
      .Set("activation", std::string("SIGMOID"))
      .AsGpu(kWideGpu)
      .Run();
  Excite(1, 20, 2053, 9, 0.125f).AsGpu(kWideGpu).Run();
}

TEST(SqueezeExciteTest, OneChannel) { Excite(1, 1, 1, 1).AsGpu(kWideGpu).Run(); }

TEST(SqueezeExciteTest, NoBiases) {
  OpTester("SqueezeExcite")
      .Input({1, 1, 1, 12})
      .Constant({4, 12, 1, 1})
      .AbsentInput()
      .Constant({12, 4, 1, 1})
      .AbsentInput()
      .AsGpu(kWideGpu)
      .Run();
}

TEST(SqueezeExciteTest, RefusesWhatDoesNotFit) {
  const auto excite = [](Shape x, Shape squeeze_filter, int64_t squeeze_bias, Shape filter,
                         int64_t bias) {
    OpTester tester("SqueezeExcite");
    tester.Input(std::move(x))
        .Constant(std::move(squeeze_filter))
        .Constant(Shape{squeeze_bias})
        .Constant(std::move(filter))
        .Constant(Shape{bias});
    return tester;
  };
  excite({1, 2, 1, 8}, {2, 8, 1, 1}, 2, {8, 2, 1, 1}, 8).ExpectRefused("[N, 1, 1, C]");
  excite({1, 1, 1, 8}, {2, 7, 1, 1}, 2, {8, 2, 1, 1}, 8).ExpectRefused("(output, 8, 1, 1)");
  excite({1, 1, 1, 8}, {2, 8, 1, 1}, 2, {8, 3, 1, 1}, 8).ExpectRefused("(output, 2, 1, 1)");
  excite({1, 1, 1, 8}, {2, 8, 3, 3}, 2, {8, 2, 1, 1}, 8).ExpectRefused("(output, 8, 1, 1)");
  excite({1, 1, 1, 8}, {2, 8, 1, 1}, 3, {8, 2, 1, 1}, 8).ExpectRefused("squeeze: bias");
  excite({1, 1, 1, 8}, {2, 8, 1, 1}, 2, {8, 2, 1, 1}, 9).ExpectRefused("bias: expected 8");
  Excite(1, 8, 2, 8).Set("squeeze_group", int64_t{2}).ExpectRefused("squeeze_group");
  Excite(1, 8, 2, 8)
      .Set("squeeze_pads", std::vector<int64_t>{1, 0, 0, 0})
      .ExpectRefused("no padding");
  OpTester("SqueezeExcite")
      .Input({1, 1, 1, 8})
      .AbsentInput()
      .AbsentInput()
      .Constant({8, 2, 1, 1})
      .AbsentInput()
      .ExpectRefused("expected inputs x");
}

}  // namespace
}  // namespace mace
