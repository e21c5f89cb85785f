#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

OpTester Pooling(int64_t type, std::vector<int64_t> kernels, std::vector<int64_t> strides) {
  OpTester tester("Pooling");
  tester.Set("pooling_type", type)
      .Set("kernels", std::move(kernels))
      .Set("strides", std::move(strides));
  return tester;
}

class PoolingTest : public testing::TestWithParam<int64_t> {};

TEST_P(PoolingTest, PaddingModes) {
  for (int64_t padding : {0, 1, 2, 3}) {
    SCOPED_TRACE(padding);
    Pooling(GetParam(), {3, 2}, {2, 1}).Set("padding", padding).Input({2, 5, 4, 6}).Run();
  }
}

TEST_P(PoolingTest, PaddingValuesAndRounding) {
  for (int64_t round_mode : {0, 1}) {
    SCOPED_TRACE(round_mode);
    Pooling(GetParam(), {3, 3}, {2, 2})
        .Set("padding_values", std::vector<int64_t>{1, 2})
        .Set("round_mode", round_mode)
        .Input({1, 6, 7, 5})
        .Run();
    Pooling(GetParam(), {2, 3}, {2, 3})
        .Set("pads", std::vector<int64_t>{1, 0, 0, 2})
        .Set("round_mode", round_mode)
        .Input({1, 6, 7, 5})
        .Run();
  }
}

TEST_P(PoolingTest, Dilations) {
  Pooling(GetParam(), {2, 3}, {1, 2})
      .Set("dilations", std::vector<int64_t>{3, 2})
      .Set("padding_values", std::vector<int64_t>{2, 4})
      .Input({1, 6, 7, 5})
      .Run();
}

TEST_P(PoolingTest, WholeInput) {
  Pooling(GetParam(), {4, 5}, {1, 1}).Set("padding", int64_t{0}).Input({2, 4, 5, 18}).Run();
}

TEST_P(PoolingTest, CarriesNaN) {
  HostTensor x = RandomTensor({1, 4, 4, 3}, 9);
  x.f32()[5 * 3 + 1] = std::numeric_limits<float>::quiet_NaN();  // Row 1, column 1, channel 1.
  OpTester tester = Pooling(GetParam(), {2, 2}, {2, 2});
  tester.Input(x);
  StatusOr<std::vector<HostTensor>> y = tester.Reference();
  ASSERT_TRUE(y.ok());
  EXPECT_TRUE(std::isnan((*y)[0].f32()[1]));
  EXPECT_FALSE(std::isnan((*y)[0].f32()[0]));
  tester.Run();
}

// Padding as large as the window: some outputs see no element.
TEST_P(PoolingTest, WindowsOfPaddingAlone) {
  Pooling(GetParam(), {2, 2}, {2, 2})
      .Set("pads", std::vector<int64_t>{2, 2, 2, 2})
      .Input({1, 2, 2, 3})
      .Run();
}

INSTANTIATE_TEST_SUITE_P(Types, PoolingTest, testing::Values(1, 2));

TEST(Pooling, MeanExcludesPadding) {
  OpTester tester = Pooling(1, {2, 2}, {2, 2});
  tester.Set("pads", std::vector<int64_t>{1, 1, 0, 0})
      .Input(HostTensor::FromVector<float>(DType::kFloat32, Shape({1, 1, 1, 1}), {8}));
  StatusOr<std::vector<HostTensor>> y = tester.Reference();
  ASSERT_TRUE(y.ok()) << y.status().message();
  ASSERT_EQ(Shape({1, 1, 1, 1}), (*y)[0].shape());
  EXPECT_EQ(8.0f, (*y)[0].f32()[0]);
  tester.Set("count_include_pad", int64_t{1});
  y = tester.Reference();
  ASSERT_TRUE(y.ok());
  EXPECT_EQ(2.0f, (*y)[0].f32()[0]);
}

TEST(Pooling, MeanThatCountsPadding) {
  Pooling(1, {3, 3}, {2, 2})
      .Set("count_include_pad", int64_t{1})
      .Set("pads", std::vector<int64_t>{1, 1, 1, 1})
      .Set("round_mode", int64_t{1})
      .Input({1, 6, 7, 5})
      .Run();
}

TEST(Pooling, Refuses) {
  Pooling(3, {2, 2}, {1, 1})
      .Input({1, 3, 3, 1})
      .ExpectRefused("pooling_type: expected 1 or 2, found 3");
  OpTester("Pooling").Input({1, 3, 3, 1}).ExpectRefused("kernels: expected [h, w], found nothing");
  Pooling(1, {2, 0}, {1, 1}).Input({1, 3, 3, 1}).ExpectRefused("kernels");
  Pooling(1, {2, 2}, {0, 1}).Input({1, 3, 3, 1}).ExpectRefused("strides");
  Pooling(1, {2, 2}, {1, 1}).Input({3, 3, 1}).ExpectRefused("rank 4, found [3, 3, 1]");
  Pooling(1, {4, 4}, {1, 1})
      .Set("padding", int64_t{0})
      .Input({1, 3, 3, 1})
      .ExpectRefused("does not fit");
  Pooling(1, {2, 2}, {1, 1})
      .Set("round_mode", int64_t{2})
      .Input({1, 3, 3, 1})
      .ExpectRefused("round_mode");
}

}  // namespace
}  // namespace mace
