// Convolutions of a gated tensor: x [N, H, W, C] times gate [N, 1, 1, C], in every variant that
// takes a gate.
#include <gtest/gtest.h>

#include "mace/testing/conv_tester.h"

namespace mace {
namespace {

using Ints = std::vector<int64_t>;

// On the device as it is and, where `units` are given, as a GPU of so many compute units.
void RunGated(OpTester tester, Shape gate, uint32_t units = 0) {
  tester.Input(std::move(gate)).Set("gate", int64_t{1}).Run();
  if (units > 0) tester.AsGpu(units).Run();
}

TEST(Conv2DGateTest, Pointwise) {
  RunGated(Conv({1, 7, 9, 5}, {35, 5, 1, 1}), {1, 1, 1, 5}, kWideGpu);
  RunGated(Conv({1, 5, 5, 70}, {16, 70, 1, 1}), {1, 1, 1, 70}, kSmallGpu);
}

// Tiles of pixels end with each image: 63, 15 and 6 pixels, more and less than a tile has.
TEST(Conv2DGateTest, EachImageHasItsGate) {
  RunGated(Conv({2, 7, 9, 5}, {35, 5, 1, 1}), {2, 1, 1, 5});
  RunGated(Conv({3, 3, 5, 12}, {16, 12, 1, 1}).Set("activation", std::string("RELU")),
           {3, 1, 1, 12}, kWideGpu);
  RunGated(Conv({5, 2, 3, 8}, {64, 8, 1, 1}), {5, 1, 1, 8});
}

TEST(Conv2DGateTest, OnePixel) {
  RunGated(Conv({1, 1, 1, 37}, {70, 37, 1, 1}), {1, 1, 1, 37});
  RunGated(Conv({3, 1, 1, 6}, {9, 6, 1, 1}), {3, 1, 1, 6});
}

TEST(Conv2DGateTest, ResidualAndActivation) {
  RunGated(Conv({2, 5, 6, 7}, {37, 7, 1, 1})
               .Input({2, 5, 6, 37})
               .Set("residual", int64_t{1})
               .Set("activation", std::string("SIGMOID")),
           {2, 1, 1, 7}, kWideGpu);
}

TEST(Conv2DGateTest, NoBias) {
  OpTester tester("Conv2D");
  tester.Input({2, 5, 6, 3}).Constant({5, 3, 1, 1});
  RunGated(tester, {2, 1, 1, 3});
  RunGated(tester.AbsentInput(), {2, 1, 1, 3});
}

TEST(Conv2DGateTest, Strides) {
  RunGated(Conv({2, 7, 19, 5}, {6, 5, 1, 1}).Set("strides", Ints{2, 3}), {2, 1, 1, 5}, kWideGpu);
  RunGated(Conv({2, 7, 33, 8}, {20, 8, 1, 1}).Set("strides", Ints{2, 1}), {2, 1, 1, 8});
}

// Zeros around x stay zeros.
TEST(Conv2DGateTest, LargerKernels) {
  RunGated(Conv({2, 7, 9, 5}, {14, 5, 3, 3}), {2, 1, 1, 5}, kWideGpu);
  RunGated(Conv({2, 5, 33, 3}, {20, 3, 3, 3}).Set("strides", Ints{2, 2}), {2, 1, 1, 3});
  RunGated(Conv({2, 3, 4, 3}, {4, 3, 1, 1}).Set("pads", Ints{1, 0, 1, 2}), {2, 1, 1, 3});
}

TEST(Conv2DGateTest, Groups) {
  RunGated(Conv({2, 5, 5, 32}, {80, 16, 1, 1}).Set("group", int64_t{2}), {2, 1, 1, 32}, kSmallGpu);
  RunGated(Conv({2, 4, 5, 10}, {20, 5, 1, 1}).Set("group", int64_t{2}), {2, 1, 1, 10});
  RunGated(Conv({2, 6, 7, 10}, {10, 1, 3, 3}).Set("group", int64_t{10}), {2, 1, 1, 10});
}

TEST(Conv2DGateTest, RefusesWhatDoesNotFit) {
  const auto gated = [](Shape gate) {
    OpTester tester = Conv({2, 5, 5, 4}, {6, 4, 1, 1});
    return tester.Input(std::move(gate)).Set("gate", int64_t{1});
  };
  gated({1, 1, 1, 4}).ExpectRefused("gate: expected [2, 1, 1, 4]");
  gated({2, 5, 5, 4}).ExpectRefused("gate: expected [2, 1, 1, 4]");
  gated({2, 1, 1, 6}).ExpectRefused("gate: expected [2, 1, 1, 4]");
  gated({2, 4}).ExpectRefused("gate: expected [2, 1, 1, 4]");
  Conv({2, 5, 5, 4}, {6, 4, 1, 1})
      .AbsentInput()
      .Set("gate", int64_t{1})
      .ExpectRefused("gate: expected a tensor");
  OpTester("Conv2D")
      .Input({2, 5, 5, 4})
      .Constant({6, 4, 1, 1})
      .Set("gate", int64_t{1})
      .ExpectRefused("[bias], gate, found 2");
  gated({2, 1, 1, 4}).Input({2, 1, 1, 4}).ExpectRefused("[bias], gate, found 5");
}

}  // namespace
}  // namespace mace
