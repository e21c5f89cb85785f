// Convolutions of a scaled tensor: x [N, H, W, C] times channel_scale [N, 1, 1, C], in every
// variant that takes a channel scale.
#include <gtest/gtest.h>

#include "mace/testing/conv_tester.h"

namespace mace {
namespace {

using Ints = std::vector<int64_t>;

// On the device as it is and, where `units` are given, as a GPU of so many compute units.
void RunScaled(OpTester tester, Shape channel_scale, uint32_t units = 0) {
  tester.Input(std::move(channel_scale)).Set("channel_scale", int64_t{1}).Run();
  if (units > 0) tester.AsGpu(units).Run();
}

TEST(Conv2DChannelScaleTest, Pointwise) {
  RunScaled(Conv({1, 7, 9, 5}, {35, 5, 1, 1}), {1, 1, 1, 5}, kWideGpu);
  RunScaled(Conv({1, 5, 5, 70}, {16, 70, 1, 1}), {1, 1, 1, 70}, kSmallGpu);
}

// Tiles of pixels end with each image: 63, 15 and 6 pixels, more and less than a tile has.
TEST(Conv2DChannelScaleTest, EachImageHasItsScale) {
  RunScaled(Conv({2, 7, 9, 5}, {35, 5, 1, 1}), {2, 1, 1, 5});
  RunScaled(Conv({3, 3, 5, 12}, {16, 12, 1, 1}).Set("activation", std::string("RELU")),
            {3, 1, 1, 12}, kWideGpu);
  RunScaled(Conv({5, 2, 3, 8}, {64, 8, 1, 1}), {5, 1, 1, 8});
}

TEST(Conv2DChannelScaleTest, OnePixel) {
  RunScaled(Conv({1, 1, 1, 37}, {70, 37, 1, 1}), {1, 1, 1, 37});
  RunScaled(Conv({3, 1, 1, 6}, {9, 6, 1, 1}), {3, 1, 1, 6});
}

TEST(Conv2DChannelScaleTest, ResidualAndActivation) {
  RunScaled(Conv({2, 5, 6, 7}, {37, 7, 1, 1})
                .Input({2, 5, 6, 37})
                .Set("residual", int64_t{1})
                .Set("activation", std::string("SIGMOID")),
            {2, 1, 1, 7}, kWideGpu);
}

TEST(Conv2DChannelScaleTest, NoBias) {
  OpTester tester("Conv2D");
  tester.Input({2, 5, 6, 3}).Constant({5, 3, 1, 1});
  RunScaled(tester, {2, 1, 1, 3});
  RunScaled(tester.AbsentInput(), {2, 1, 1, 3});
}

TEST(Conv2DChannelScaleTest, Strides) {
  RunScaled(Conv({2, 7, 19, 5}, {6, 5, 1, 1}).Set("strides", Ints{2, 3}), {2, 1, 1, 5}, kWideGpu);
  RunScaled(Conv({2, 7, 33, 8}, {20, 8, 1, 1}).Set("strides", Ints{2, 1}), {2, 1, 1, 8});
}

// Zeros around x stay zeros.
TEST(Conv2DChannelScaleTest, LargerKernels) {
  RunScaled(Conv({2, 7, 9, 5}, {14, 5, 3, 3}), {2, 1, 1, 5}, kWideGpu);
  RunScaled(Conv({2, 5, 33, 3}, {20, 3, 3, 3}).Set("strides", Ints{2, 2}), {2, 1, 1, 3});
  RunScaled(Conv({2, 3, 4, 3}, {4, 3, 1, 1}).Set("pads", Ints{1, 0, 1, 2}), {2, 1, 1, 3});
}

TEST(Conv2DChannelScaleTest, Groups) {
  RunScaled(Conv({2, 5, 5, 32}, {80, 16, 1, 1}).Set("group", int64_t{2}), {2, 1, 1, 32}, kSmallGpu);
  RunScaled(Conv({2, 4, 5, 10}, {20, 5, 1, 1}).Set("group", int64_t{2}), {2, 1, 1, 10});
  RunScaled(Conv({2, 6, 7, 10}, {10, 1, 3, 3}).Set("group", int64_t{10}), {2, 1, 1, 10});
}

TEST(Conv2DChannelScaleTest, RefusesWhatDoesNotFit) {
  const auto scaled = [](Shape channel_scale) {
    OpTester tester = Conv({2, 5, 5, 4}, {6, 4, 1, 1});
    return tester.Input(std::move(channel_scale)).Set("channel_scale", int64_t{1});
  };
  scaled({1, 1, 1, 4}).ExpectRefused("channel_scale: expected [2, 1, 1, 4]");
  scaled({2, 5, 5, 4}).ExpectRefused("channel_scale: expected [2, 1, 1, 4]");
  scaled({2, 1, 1, 6}).ExpectRefused("channel_scale: expected [2, 1, 1, 4]");
  scaled({2, 4}).ExpectRefused("channel_scale: expected [2, 1, 1, 4]");
  Conv({2, 5, 5, 4}, {6, 4, 1, 1})
      .AbsentInput()
      .Set("channel_scale", int64_t{1})
      .ExpectRefused("channel_scale: expected a tensor");
  OpTester("Conv2D")
      .Input({2, 5, 5, 4})
      .Constant({6, 4, 1, 1})
      .Set("channel_scale", int64_t{1})
      .ExpectRefused("[bias], channel_scale, found 2");
  scaled({2, 1, 1, 4}).Input({2, 1, 1, 4}).ExpectRefused("[bias], channel_scale, found 5");
}

}  // namespace
}  // namespace mace
