#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

OpTester Activation(const std::string& name) {
  OpTester tester("Activation");
  tester.Set("activation", name);
  if (name == "RELUX") tester.Set("max_limit", 1.5);
  if (name == "LEAKYRELU") tester.Set("activation_coefficient", 0.1);
  if (name == "HARDSIGMOID") tester.Set("hardsigmoid_alpha", 0.3).Set("hardsigmoid_beta", 0.4);
  return tester;
}

class ActivationTest : public testing::TestWithParam<const char*> {};

TEST_P(ActivationTest, MatchesReference) {
  Activation(GetParam()).Input({2, 3, 2, 6}, -4, 4).Run();
}

TEST_P(ActivationTest, DenseChannelsAndNaN) {
  HostTensor x = RandomTensor({3, 3, 8}, 7, -3, 3);
  x.f32()[5] = std::numeric_limits<float>::quiet_NaN();
  OpTester tester = Activation(GetParam());
  tester.Input(x);
  StatusOr<std::vector<HostTensor>> y = tester.Reference();
  ASSERT_TRUE(y.ok());
  EXPECT_TRUE(std::isnan((*y)[0].f32()[5]));
  tester.Run();
}

INSTANTIATE_TEST_SUITE_P(All, ActivationTest,
                         testing::Values("NOOP", "RELU", "RELUX", "TANH", "SIGMOID", "LEAKYRELU",
                                         "ELU", "HARDSIGMOID", "SILU", "HARDSWISH"));

TEST(Activation, PreluWithASlopeForEachChannel) {
  Activation("PRELU").Input({2, 3, 2, 7}).Constant({7}).Run();
  Activation("PRELU").Input({5, 8}).Constant({8}).Run();
  Activation("PRELU").Input({3, 6}).Input({6}).Run();
}

TEST(Activation, PreluWithOneSlope) {
  Activation("PRELU").Input({2, 3, 5}).Constant({1}).Run();
  Activation("PRELU").Input({2, 3, 5}).Input({1}).Run();
  // The slope has more axes than x.
  Activation("PRELU").Input(Shape()).Constant({1}).Run();
  Activation("PRELU").Input({4}).Constant({1, 1, 4}).Run();
}

TEST(Activation, Refuses) {
  Activation("SWOOSH").Input({2}).ExpectRefused("'SWOOSH' is unknown");
  Activation("PRELU").Input({2, 3}).ExpectRefused("expected the slopes");
  Activation("PRELU").Input({2, 3}).Constant({4}).ExpectRefused(
      "expected 1 or 3 slopes, found shape [4]");
  Activation("RELU")
      .Input(HostTensor::FromVector<int32_t>(DType::kInt32, Shape({1}), {3}))
      .ExpectRefused("found int32");
}

}  // namespace
}  // namespace mace
