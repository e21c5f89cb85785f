// The variants of a convolution that only GPUs are offered, on whatever device is at hand.
#include <gtest/gtest.h>

#include "mace/testing/conv_tester.h"

namespace mace {
namespace {

using Ints = std::vector<int64_t>;

TEST(Conv2DAsGpuTest, Pointwise) {
  Conv({2, 7, 9, 5}, {35, 5, 1, 1}).AsGpu(kWideGpu).Run();
  Conv({1, 5, 5, 70}, {16, 70, 1, 1}).Set("activation", std::string("RELU")).AsGpu(kSmallGpu).Run();
}

TEST(Conv2DAsGpuTest, PointwiseOfOnePixel) {
  Conv({1, 1, 1, 37}, {70, 37, 1, 1}).AsGpu(kWideGpu).Run();
}

TEST(Conv2DAsGpuTest, PointwiseWithStrides) {
  Conv({2, 7, 9, 5}, {6, 5, 1, 1}).Set("strides", Ints{2, 3}).AsGpu(kWideGpu).Run();
  Conv({1, 7, 9, 8}, {12, 8, 1, 1}).Set("strides", Ints{2, 2}).AsGpu(kSmallGpu).Run();
}

TEST(Conv2DAsGpuTest, ThreeByThree) {
  Conv({2, 7, 9, 5}, {14, 5, 3, 3}).AsGpu(kSmallGpu).Run();
  Conv({1, 7, 9, 13}, {6, 13, 3, 3}).Set("activation", std::string("RELU")).AsGpu(kWideGpu).Run();
}

TEST(Conv2DAsGpuTest, ThreeByThreeWithStrides) {
  Conv({2, 8, 7, 3}, {33, 3, 3, 3}).Set("strides", Ints{2, 2}).AsGpu(kSmallGpu).Run();
  Conv({1, 9, 8, 6}, {5, 6, 3, 3})
      .Set("strides", Ints{2, 2})
      .Set("padding", int64_t{0})
      .AsGpu(kWideGpu)
      .Run();
  Conv({1, 9, 8, 4}, {5, 4, 3, 3}).Set("strides", Ints{1, 2}).AsGpu(kWideGpu).Run();
}

TEST(Conv2DAsGpuTest, ExplicitPads) {
  Conv({1, 4, 6, 3}, {4, 3, 3, 3}).Set("pads", Ints{0, 2, 1, 3}).AsGpu(kWideGpu).Run();
  Conv({1, 3, 4, 3}, {12, 3, 3, 3}).Set("padding_values", Ints{7, 5}).AsGpu(kSmallGpu).Run();
  Conv({1, 3, 4, 3}, {4, 3, 1, 1}).Set("pads", Ints{1, 0, 1, 2}).AsGpu(kWideGpu).Run();
}

// Blocks of one, two and three input channels, whose padding lanes are no part of the sum.
TEST(Conv2DAsGpuTest, FewInputChannels) {
  Conv({1, 13, 12, 3}, {20, 3, 7, 7}).Set("strides", Ints{2, 2}).AsGpu(kWideGpu).Run();
  Conv({1, 6, 5, 1}, {9, 1, 5, 3}).AsGpu(kWideGpu).Run();
  Conv({1, 6, 5, 2}, {9, 2, 3, 3}).AsGpu(kSmallGpu).Run();
}

TEST(Conv2DAsGpuTest, Dilations) {
  Conv({2, 9, 8, 6}, {7, 6, 3, 2}).Set("dilations", Ints{2, 3}).AsGpu(kWideGpu).Run();
  Conv({1, 9, 8, 8}, {7, 8, 3, 3}).Set("dilations", Ints{2, 2}).AsGpu(kSmallGpu).Run();
}

TEST(Conv2DAsGpuTest, ResidualComesBeforeTheActivation) {
  for (uint32_t units : {kSmallGpu, kWideGpu}) {
    for (int64_t kernel : {1, 3}) {
      Conv({2, 5, 6, 7}, {37, 7, kernel, kernel})
          .Input({2, 5, 6, 37})
          .Set("residual", int64_t{1})
          .Set("activation", std::string("SIGMOID"))
          .AsGpu(units)
          .Run();
    }
  }
}

TEST(Conv2DAsGpuTest, NoBias) {
  OpTester("Conv2D").Input({1, 5, 6, 3}).Constant({5, 3, 3, 3}).AsGpu(kWideGpu).Run();
}

// 0 is no fixed point of this: the padding lanes have to stay zero all the same.
TEST(Conv2DAsGpuTest, ActivationThatMovesZero) {
  for (int64_t kernel : {1, 3}) {
    Conv({1, 4, 5, 3}, {6, 3, kernel, kernel})
        .Set("activation", std::string("HARDSIGMOID"))
        .Set("hardsigmoid_alpha", 0.3)
        .Set("hardsigmoid_beta", 0.4)
        .AsGpu(kWideGpu)
        .Run();
  }
}

TEST(Conv2DAsGpuTest, Groups) {
  Conv({1, 6, 7, 12}, {24, 4, 3, 3}).Set("group", int64_t{3}).AsGpu(kWideGpu).Run();
  Conv({1, 6, 7, 12}, {36, 4, 3, 3}).Set("group", int64_t{3}).AsGpu(kSmallGpu).Run();
  Conv({1, 5, 5, 32}, {80, 16, 1, 1}).Set("group", int64_t{2}).AsGpu(kSmallGpu).Run();
  Conv({2, 6, 7, 9}, {6, 3, 3, 3}).Set("group", int64_t{3}).AsGpu(kWideGpu).Run();
  Conv({1, 5, 6, 24}, {40, 6, 1, 1}).Set("group", int64_t{4}).AsGpu(kWideGpu).Run();
}

TEST(Conv2DAsGpuTest, OneChannelAGroup) {
  for (uint32_t units : {1u, kWideGpu}) {
    Conv({2, 7, 9, 10}, {10, 1, 3, 3}).Set("group", int64_t{10}).AsGpu(units).Run();
    Conv({1, 9, 9, 10}, {10, 1, 3, 3})
        .Set("group", int64_t{10})
        .Set("strides", Ints{2, 2})
        .AsGpu(units)
        .Run();
    Conv({1, 6, 7, 5}, {5, 1, 7, 7}).Set("group", int64_t{5}).AsGpu(units).Run();
  }
}

}  // namespace
}  // namespace mace
