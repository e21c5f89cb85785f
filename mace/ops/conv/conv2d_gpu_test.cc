#include <gtest/gtest.h>

#include "mace/testing/conv_tester.h"

namespace mace {
namespace {

using Ints = std::vector<int64_t>;

TEST(Conv2DTest, Pointwise) {
  Conv({2, 7, 9, 5}, {35, 5, 1, 1}).Run();
  Conv({1, 5, 5, 24}, {16, 24, 1, 1}).Set("activation", std::string("RELU")).Run();
}

TEST(Conv2DTest, PointwiseOfOnePixel) { Conv({1, 1, 1, 37}, {70, 37, 1, 1}).Run(); }

TEST(Conv2DTest, PointwiseWithStrides) {
  Conv({2, 7, 9, 5}, {6, 5, 1, 1}).Set("strides", Ints{2, 3}).Run();
}

TEST(Conv2DTest, Same) {
  Conv({1, 7, 9, 5}, {6, 5, 3, 3}).Set("activation", std::string("RELU")).Run();
  Conv({2, 8, 7, 3}, {33, 3, 3, 3}).Set("strides", Ints{2, 2}).Run();
}

TEST(Conv2DTest, FullAndSameLower) {
  Conv({1, 5, 6, 4}, {5, 4, 3, 2}).Set("padding", int64_t{2}).Set("strides", Ints{2, 1}).Run();
  Conv({1, 6, 6, 4}, {5, 4, 3, 2}).Set("padding", int64_t{3}).Set("strides", Ints{2, 2}).Run();
}

TEST(Conv2DTest, ValidWithDilations) {
  Conv({2, 9, 8, 6}, {7, 6, 3, 2}).Set("padding", int64_t{0}).Set("dilations", Ints{2, 3}).Run();
}

TEST(Conv2DTest, ExplicitPads) {
  Conv({1, 4, 6, 3}, {4, 3, 3, 3}).Set("pads", Ints{0, 2, 1, 3}).Set("strides", Ints{1, 2}).Run();
}

TEST(Conv2DTest, PaddingValuesBeyondTheKernel) {
  Conv({1, 3, 4, 3}, {4, 3, 2, 2}).Set("padding_values", Ints{7, 5}).Run();
}

// Rows of several tiles, the last of which overlaps the one before; edges on all sides.
TEST(Conv2DTest, WideRows) {
  Conv({2, 7, 33, 3}, {20, 3, 3, 3}).Set("strides", Ints{2, 2}).Run();
  Conv({1, 6, 29, 5}, {33, 5, 3, 5}).Set("dilations", Ints{2, 3}).Run();
  Conv({2, 4, 17, 8}, {8, 4, 3, 3}).Set("group", int64_t{2}).Run();
  Conv({1, 5, 43, 6}, {35, 6, 1, 1}).Set("strides", Ints{2, 3}).Run();
}

// More tiles than a device takes work-items.
TEST(Conv2DTest, ManyPixels) {
  Conv({1, 41, 43, 7}, {37, 7, 1, 1}).Run();
  Conv({1, 61, 67, 1}, {9, 1, 3, 3}).Run();
}

TEST(Conv2DTest, NoBias) {
  OpTester("Conv2D").Input({1, 5, 6, 3}).Constant({5, 3, 3, 3}).Run();
  OpTester("Conv2D").Input({1, 5, 6, 3}).Constant({5, 3, 3, 3}).AbsentInput().Run();
}

TEST(Conv2DTest, ResidualComesBeforeTheActivation) {
  Conv({2, 5, 6, 7}, {37, 7, 1, 1})
      .Input({2, 5, 6, 37})
      .Set("residual", int64_t{1})
      .Set("activation", std::string("SIGMOID"))
      .Run();
  OpTester("Conv2D")
      .Input({1, 5, 6, 4})
      .Constant({8, 4, 3, 3})
      .AbsentInput()
      .Input({1, 5, 6, 8})
      .Set("residual", int64_t{1})
      .Set("activation", std::string("RELU"))
      .Run();
}

// 0 is no fixed point of these: the padding lanes have to stay zero all the same.
TEST(Conv2DTest, ActivationsThatMoveZero) {
  Conv({1, 4, 5, 3}, {6, 3, 1, 1})
      .Set("activation", std::string("HARDSIGMOID"))
      .Set("hardsigmoid_alpha", 0.3)
      .Set("hardsigmoid_beta", 0.4)
      .Run();
  Conv({1, 4, 5, 3}, {19, 3, 3, 3}).Set("activation", std::string("SIGMOID")).Run();
}

TEST(Conv2DTest, ActivationsWithParameters) {
  Conv({1, 4, 5, 3}, {6, 3, 1, 1})
      .Set("activation", std::string("RELUX"))
      .Set("max_limit", 0.25)
      .Run();
  Conv({1, 4, 5, 3}, {6, 3, 1, 1})
      .Set("activation", std::string("LEAKYRELU"))
      .Set("activation_coefficient", 0.2)
      .Run();
}

TEST(Conv2DTest, GroupsAtMultiplesOfFour) {
  Conv({1, 6, 7, 12}, {24, 4, 3, 3}).Set("group", int64_t{3}).Run();
  Conv({1, 5, 5, 32}, {80, 16, 1, 1}).Set("group", int64_t{2}).Run();
}

// A CPU's vectors hold the channels of several groups.
TEST(Conv2DTest, NarrowGroups) {
  Conv({1, 6, 7, 32}, {32, 8, 3, 3}).Set("group", int64_t{4}).Run();
  Conv({2, 5, 5, 32}, {32, 4, 1, 1}).Set("group", int64_t{8}).Set("strides", Ints{2, 2}).Run();
  Conv({1, 5, 6, 16}, {64, 4, 3, 3})
      .Input({1, 5, 6, 64})
      .Set("residual", int64_t{1})
      .Set("activation", std::string("TANH"))
      .Set("group", int64_t{4})
      .Run();
}

TEST(Conv2DTest, GroupsAnywhere) {
  Conv({2, 6, 7, 9}, {6, 3, 3, 3}).Set("group", int64_t{3}).Set("strides", Ints{1, 2}).Run();
  Conv({1, 5, 6, 10}, {20, 5, 1, 1}).Set("group", int64_t{2}).Run();
  // Pairs of groups begin at multiples of four.
  Conv({1, 5, 6, 24}, {40, 6, 1, 1}).Set("group", int64_t{4}).Run();
  Conv({1, 5, 6, 24}, {8, 6, 3, 3})
      .Input({1, 5, 6, 8})
      .Set("residual", int64_t{1})
      .Set("group", int64_t{4})
      .Run();
  // More than are merged.
  Conv({1, 4, 4, 51}, {34, 3, 1, 1}).Set("group", int64_t{17}).Run();
}

TEST(Conv2DTest, OneChannelAGroup) {
  Conv({2, 6, 7, 10}, {10, 1, 3, 3}).Set("group", int64_t{10}).Run();
  Conv({1, 6, 7, 5}, {10, 1, 3, 3}).Set("group", int64_t{5}).Run();
}

TEST(Conv2DTest, RefusesWhatDoesNotFit) {
  Conv({1, 5, 5, 4}, {6, 3, 3, 3}).ExpectRefused("does not fit filter");
  Conv({1, 5, 5, 4}, {6, 2, 3, 3}).Set("group", int64_t{4}).ExpectRefused("in 4 groups");
  Conv({1, 5, 5, 4}, {6, 4, 3, 3}).Set("group", int64_t{0}).ExpectRefused("group");
  Conv({5, 5, 4}, {6, 4, 3, 3}).ExpectRefused("expected [N, H, W, C]");
  Conv({1, 2, 2, 4}, {6, 4, 3, 3}).Set("padding", int64_t{0}).ExpectRefused("does not fit into");
  Conv({1, 5, 5, 4}, {6, 4, 3, 3}).Set("residual", int64_t{1}).ExpectRefused("residual");
  Conv({1, 5, 5, 4}, {6, 4, 3, 3}).Set("activation", std::string("X")).ExpectRefused("'X'");
  OpTester("Conv2D")
      .Input({1, 5, 5, 4})
      .Constant({6, 4, 3, 3})
      .Constant({5})
      .ExpectRefused("bias: expected 6 elements");
}

}  // namespace
}  // namespace mace
