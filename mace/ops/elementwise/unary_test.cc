#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

struct Case {
  const char* function;
  float low;
  float high;
};

class UnaryTest : public testing::TestWithParam<Case> {};

// Channels that are no multiple of four leave the padding lanes to be masked; 8 channels take the
// dense path.
TEST_P(UnaryTest, MatchesReference) {
  OpTester("Unary")
      .Set("function", std::string(GetParam().function))
      .Input({2, 3, 5, 7}, GetParam().low, GetParam().high)
      .Run();
}

INSTANTIATE_TEST_SUITE_P(
    All, UnaryTest,
    testing::Values(
        Case{"sqrt", 0, 4}, Case{"rsqrt", 0.5f, 4}, Case{"exp", -3, 3}, Case{"log", 0.1f, 4},
        Case{"floor", -4, 4}, Case{"ceil", -4, 4}, Case{"round", -4, 4}, Case{"softplus", -30, 30},
        Case{"softsign", -4, 4}, Case{"erf", -3, 3}, Case{"erfc", -3, 5}, Case{"hardswish", -5, 5},
        Case{"gelu", -4, 4}, Case{"gelu_tanh", -4, 4}, Case{"sin", -4, 4}, Case{"cos", -4, 4},
        Case{"tan", -1, 1}, Case{"asin", -1, 1}, Case{"acos", -1, 1}, Case{"atan", -4, 4},
        Case{"sinh", -2, 2}, Case{"cosh", -2, 2}, Case{"asinh", -4, 4}, Case{"acosh", 1.1f, 4},
        Case{"atanh", -0.9f, 0.9f}, Case{"neg", -1, 1}, Case{"abs", -1, 1}, Case{"square", -2, 2},
        Case{"reciprocal", 0.5f, 3}, Case{"sign", -1, 1}, Case{"log1p", -0.5f, 3},
        Case{"expm1", -2, 2}, Case{"mish", -5, 5}, Case{"silu", -5, 5}, Case{"selu", -3, 3},
        Case{"celu", -3, 3}, Case{"thresholded_relu", -3, 3}, Case{"tanh", -3, 3},
        Case{"sigmoid", -5, 5}, Case{"relu", -1, 1}, Case{"round_to_int8", -200, 200},
        Case{"round_to_scale", -200, 200}),
    [](const testing::TestParamInfo<Case>& info) { return std::string(info.param.function); });

TEST(Unary, AnyRankAndDenseChannels) {
  const Shape shapes[] = {{}, {5}, {3, 8}, {2, 3, 6}, {2, 2, 3, 8}, {2, 2, 1, 3, 5}, {3, 40}};
  uint32_t seed = 1;
  for (const Shape& shape : shapes) {
    OpTester("Unary").Set("function", std::string("abs")).Input(shape).Seed(seed++).Run();
  }
}

TEST(Unary, CarriesNaNAndInfinity) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  const HostTensor x = HostTensor::FromVector<float>(DType::kFloat32, Shape({7}),
                                                     {nan, infinity, -infinity, -1, 0, 1, nan});
  for (const char* function : {"sign", "relu", "softplus", "hardswish", "selu"}) {
    OpTester tester("Unary");
    tester.Set("function", std::string(function)).Input(x);
    StatusOr<std::vector<HostTensor>> y = tester.Reference();
    ASSERT_TRUE(y.ok());
    EXPECT_TRUE(std::isnan((*y)[0].f32()[0])) << function;
    tester.Run();
  }
}

TEST(Unary, RoundsHalfToEven) {
  OpTester tester("Unary");
  tester.Set("function", std::string("round"))
      .Input(HostTensor::FromVector<float>(DType::kFloat32, Shape({5}),
                                           {-1.5f, -0.5f, 0.5f, 1.5f, 2.5f}));
  StatusOr<std::vector<HostTensor>> y = tester.Reference();
  ASSERT_TRUE(y.ok());
  const float expected[] = {-2, 0, 0, 2, 2};
  for (int i = 0; i < 5; ++i) EXPECT_EQ(expected[i], (*y)[0].f32()[i]);
  tester.Run();
}

TEST(Unary, IntegersOnTheCpu) {
  OpTester tester("Unary");
  const int32_t lowest = std::numeric_limits<int32_t>::min();
  tester.Set("function", std::string("neg"))
      .Input(HostTensor::FromVector<int32_t>(DType::kInt32, Shape({3}), {3, -4, lowest + 1}));
  StatusOr<std::vector<HostTensor>> y = tester.Reference();
  ASSERT_TRUE(y.ok()) << y.status().message();
  ASSERT_EQ(DType::kInt32, (*y)[0].dtype());
  EXPECT_EQ(-3, (*y)[0].data<int32_t>()[0]);
  EXPECT_EQ(4, (*y)[0].data<int32_t>()[1]);
  EXPECT_EQ(std::numeric_limits<int32_t>::max(), (*y)[0].data<int32_t>()[2]);
}

TEST(Unary, Refuses) {
  OpTester("Unary")
      .Set("function", std::string("frobnicate"))
      .Input({2})
      .ExpectRefused("'frobnicate' is unknown");
  OpTester("Unary").Input({2}).ExpectRefused("function ''");
  OpTester("Unary")
      .Set("function", std::string("celu"))
      .Set("alpha", 0.0)
      .Input({2})
      .ExpectRefused("alpha");
  OpTester("Unary")
      .Set("function", std::string("sqrt"))
      .Input(HostTensor::FromVector<int32_t>(DType::kInt32, Shape({1}), {3}))
      .ExpectRefused("expected a float tensor, found int32");
}

}  // namespace
}  // namespace mace
