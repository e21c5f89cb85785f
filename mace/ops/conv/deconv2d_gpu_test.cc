#include <gtest/gtest.h>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

using Ints = std::vector<int64_t>;

OpTester Deconv(Shape x, Shape filter, int64_t groups = 1) {
  OpTester tester("Deconv2D");
  const int64_t out_channels = filter.dim(0) * groups;
  tester.Input(std::move(x)).Constant(std::move(filter)).Constant(Shape{out_channels});
  tester.Set("group", groups);
  return tester;
}

TEST(Deconv2DTest, SameDoublesTheExtent) {
  Deconv({1, 4, 5, 6}, {5, 6, 3, 3}).Set("strides", Ints{2, 2}).Run();
  Deconv({2, 4, 5, 8}, {7, 8, 4, 4})
      .Set("strides", Ints{2, 2})
      .Set("activation", std::string("SIGMOID"))
      .Run();
}

TEST(Deconv2DTest, ValidWithOverlap) {
  Deconv({1, 4, 5, 3}, {4, 3, 3, 5}).Set("strides", Ints{1, 3}).Set("padding", int64_t{0}).Run();
}

TEST(Deconv2DTest, GivenOutput) {
  Deconv({1, 4, 5, 3}, {4, 3, 3, 3}).Set("strides", Ints{2, 2}).Set("dim", Ints{1, 7, 9, 4}).Run();
  Deconv({1, 4, 5, 3}, {4, 3, 2, 2})
      .Set("strides", Ints{3, 3})
      .Set("padding", int64_t{0})
      .Set("dim", Ints{1, 13, 15, 4})
      .Run();
}

TEST(Deconv2DTest, TotalsPadsAndDilations) {
  Deconv({1, 4, 5, 3}, {4, 3, 4, 4})
      .Set("strides", Ints{2, 2})
      .Set("padding_values", Ints{2, 3})
      .Run();
  Deconv({1, 4, 5, 3}, {4, 3, 3, 3})
      .Set("strides", Ints{2, 1})
      .Set("dilations", Ints{2, 3})
      .Set("pads", Ints{0, 2, 1, 1})
      .Set("output_padding", Ints{1, 0})
      .Run();
}

TEST(Deconv2DTest, Groups) {
  Deconv({1, 4, 5, 8}, {8, 8, 3, 3}, 2).Set("strides", Ints{2, 2}).Run();
  Deconv({2, 4, 5, 6}, {3, 6, 3, 3}, 2).Set("strides", Ints{2, 3}).Run();
  Deconv({1, 4, 5, 5}, {1, 5, 2, 2}, 5).Set("strides", Ints{2, 2}).Run();
}

// An empty result has no kernel: the reference takes its place.
TEST(Deconv2DTest, NoImages) {
  OpTester tester("Deconv2D");
  tester.Set("strides", Ints{2, 2})
      .Input(HostTensor::FromVector<float>(DType::kFloat32, {0, 4, 5, 1}, {}))
      .Constant(HostTensor::FromVector<float>(DType::kFloat32, {1, 1, 2, 2}, {1, 2, 3, 4}));
  const StatusOr<std::vector<HostTensor>> outputs = tester.Reference();
  ASSERT_TRUE(outputs.ok()) << outputs.status().message();
  EXPECT_EQ((*outputs)[0].shape(), Shape({0, 8, 10, 1}));
}

// One pixel spreads the filter; two overlap where the stride is shorter than the kernel.
TEST(Deconv2DTest, SpreadsTheFilter) {
  OpTester tester("Deconv2D");
  tester.Set("padding", int64_t{0})
      .Set("strides", Ints{1, 2})
      .Input(HostTensor::FromVector<float>(DType::kFloat32, {1, 1, 2, 1}, {1, 10}))
      .Constant(HostTensor::FromVector<float>(DType::kFloat32, {1, 1, 1, 3}, {1, 2, 3}));
  StatusOr<std::vector<HostTensor>> outputs = tester.Reference();
  ASSERT_TRUE(outputs.ok()) << outputs.status().message();
  ASSERT_EQ((*outputs)[0].shape(), Shape({1, 1, 5, 1}));
  const float* y = (*outputs)[0].f32();
  EXPECT_EQ(std::vector<float>(y, y + 5), (std::vector<float>{1, 2, 13, 20, 30}));
}

TEST(Deconv2DTest, RefusesWhatDoesNotFit) {
  Deconv({1, 4, 5, 3}, {4, 2, 3, 3}).ExpectRefused("does not fit filter");
  Deconv({1, 4, 5, 3}, {4, 3, 3, 3}).Set("dim", Ints{1, 8, 10, 5}).ExpectRefused("dim");
  Deconv({1, 4, 5, 3}, {4, 3, 3, 3}).Set("pads", Ints{9, 9, 9, 9}).ExpectRefused("output extent");
}

}  // namespace
}  // namespace mace
