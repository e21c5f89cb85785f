// Winograd's algorithm, beside the other variants of a 3x3 convolution of stride 1.
#include <gtest/gtest.h>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

using Ints = std::vector<int64_t>;

// x, filter 3x3, random bias.
OpTester Conv(Shape x, int64_t out_channels) {
  OpTester tester("Conv2D");
  const int64_t in_channels = x.dim(3);
  tester.Input(std::move(x)).Constant({out_channels, in_channels, 3, 3}).Constant({out_channels});
  return tester;
}

// Whole tiles and parts of them at the right and below, several images.
TEST(Conv2DWinogradTest, TilesOfAllKinds) {
  Conv({1, 8, 8, 16}, 32).Run();
  Conv({2, 7, 9, 5}, 6).Set("activation", std::string("RELU")).Run();
  Conv({3, 2, 3, 8}, 35).Run();
}

TEST(Conv2DWinogradTest, OneOutput) {
  Conv({1, 3, 3, 7}, 3).Set("padding", int64_t{0}).Run();
  Conv({1, 1, 1, 4}, 16).Run();
}

// More tiles than go through the launches together.
TEST(Conv2DWinogradTest, BlocksOfTiles) { Conv({1, 61, 67, 16}, 48).Run(); }

TEST(Conv2DWinogradTest, ManyChannels) { Conv({1, 6, 5, 200}, 72).Run(); }

TEST(Conv2DWinogradTest, Pads) {
  Conv({1, 9, 8, 6}, 7).Set("padding", int64_t{0}).Run();
  Conv({1, 5, 6, 4}, 5).Set("padding", int64_t{2}).Run();
  Conv({1, 4, 6, 3}, 4).Set("pads", Ints{0, 2, 1, 3}).Run();
  Conv({1, 3, 4, 16}, 16).Set("padding_values", Ints{15, 11}).Run();
}

TEST(Conv2DWinogradTest, ResidualComesBeforeTheActivation) {
  for (int64_t channels : {16, 7}) {
    Conv({2, 5, 6, 8}, channels)
        .Input({2, 5, 6, channels})
        .Set("residual", int64_t{1})
        .Set("activation", std::string("SIGMOID"))
        .Run();
  }
}

TEST(Conv2DWinogradTest, NoBias) {
  OpTester("Conv2D").Input({1, 5, 6, 3}).Constant({5, 3, 3, 3}).Run();
}

TEST(Conv2DWinogradTest, AsGpu) {
  for (uint32_t units : {2u, 132u}) {
    Conv({2, 7, 9, 5}, 14).AsGpu(units).Run();
    Conv({1, 33, 30, 16}, 32)
        .Input({1, 33, 30, 32})
        .Set("residual", int64_t{1})
        .Set("activation", std::string("RELU"))
        .AsGpu(units)
        .Run();
  }
}

}  // namespace
}  // namespace mace
