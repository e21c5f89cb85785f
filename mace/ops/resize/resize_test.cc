#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

constexpr char kNearest[] = "ResizeNearestNeighbor", kBilinear[] = "ResizeBilinear",
               kBicubic[] = "ResizeBicubic";

OpTester Resize(const char* type, int64_t height, int64_t width, int64_t mode = 0,
                bool align_corners = false) {
  OpTester tester(type);
  return tester.Set("size", std::vector<int64_t>{height, width})
      .Set("coordinate_transformation_mode", mode)
      .Set("align_corners", int64_t{align_corners});
}

// What a row becomes; empty where the op refuses it.
std::vector<float> Resized(OpTester tester, const std::vector<float>& row) {
  const Shape shape({1, 1, static_cast<int64_t>(row.size()), 1});
  tester.Input(HostTensor::FromVector<float>(DType::kFloat32, shape, row));
  StatusOr<std::vector<HostTensor>> y = tester.Reference();
  if (!y.ok()) return {};
  return std::vector<float>((*y)[0].f32(), (*y)[0].f32() + (*y)[0].shape().elements());
}

// The first elements of what a row becomes.
void ExpectRow(const OpTester& tester, const std::vector<float>& row,
               const std::vector<float>& expected) {
  const std::vector<float> found = Resized(tester, row);
  ASSERT_GE(found.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(found[i], expected[i], 1e-6) << "element " << i;
  }
}

// The tests of all three ops.
class ResizeTest : public testing::TestWithParam<const char*> {
 protected:
  static OpTester Make(int64_t height, int64_t width, int64_t mode = 0,
                       bool align_corners = false) {
    return Resize(GetParam(), height, width, mode, align_corners);
  }
};

TEST_P(ResizeTest, EveryCoordinateMode) {
  const int64_t sizes[][2] = {{7, 9}, {2, 3}, {1, 1}, {4, 5}};
  for (const auto& size : sizes) {
    for (bool align_corners : {false, true}) {
      for (int64_t mode : {0, 1, 2}) {
        SCOPED_TRACE(std::to_string(size[0]) + " align_corners " + std::to_string(align_corners) +
                     " mode " + std::to_string(mode));
        Make(size[0], size[1], mode, align_corners).Input({2, 4, 5, 6}).Run();
      }
    }
  }
}

TEST_P(ResizeTest, ManyChannels) {
  Make(4, 3).Input({1, 2, 2, 22}).Run();
  Make(3, 4, 2, true).Input({1, 7, 9, 18}).Seed(2).Run();
}

TEST_P(ResizeTest, OfOneElement) { Make(6, 5).Input({1, 1, 1, 3}).Run(); }

TEST_P(ResizeTest, SizeAsInput) {
  const HostTensor size = HostTensor::FromVector<int32_t>(DType::kInt32, Shape({2}), {6, 3});
  OpTester(GetParam()).Input({1, 3, 2, 5}).Constant(size).Run();
}

TEST_P(ResizeTest, Refuses) {
  Make(0, 3)
      .Input({1, 2, 2, 1})
      .ExpectRefused("size: expected [h, w] in 1 to 16777216, found [0, 3]");
  Make(2, 3).Input({2, 2, 1}).ExpectRefused("expected an input of rank 4");
  OpTester(GetParam()).Input({1, 2, 2, 1}).ExpectRefused("found neither");
  Make(2, 3, 3).Input({1, 2, 2, 1}).ExpectRefused("coordinate_transformation_mode");
  Make(1 << 24, 1 << 24).Input({1, 1, 1, 1}).ExpectRefused("element");
  Make(2, 2).Input(Shape({1, 0, 2, 1})).ExpectRefused("height and width");
}

TEST_P(ResizeTest, CarriesNaN) {
  HostTensor x = RandomTensor({1, 2, 3, 3}, 4);
  x.f32()[4] = std::numeric_limits<float>::quiet_NaN();
  OpTester tester = Make(4, 6);
  tester.Input(x);
  StatusOr<std::vector<HostTensor>> y = tester.Reference();
  ASSERT_TRUE(y.ok()) << y.status().message();
  EXPECT_TRUE(std::isnan((*y)[0].f32()[2 * 3 + 1]));
  tester.Run();
}

INSTANTIATE_TEST_SUITE_P(AllMethods, ResizeTest, testing::Values(kNearest, kBilinear, kBicubic),
                         [](const auto& test) { return std::string(test.param); });

// A row [0, 1] made four times as long: TensorFlow's values.
TEST(Resize, KnownValues) {
  const std::vector<float> x = {0, 1};
  EXPECT_EQ(Resized(Resize(kNearest, 1, 4), x), std::vector<float>({0, 0, 1, 1}));
  EXPECT_EQ(Resized(Resize(kNearest, 1, 4, 1), x), std::vector<float>({0, 0, 1, 1}));
  EXPECT_EQ(Resized(Resize(kNearest, 1, 3, 0, true), x), std::vector<float>({0, 1, 1}));
  EXPECT_EQ(Resized(Resize(kBilinear, 1, 4), x), std::vector<float>({0, 0.5f, 1, 1}));
  EXPECT_EQ(Resized(Resize(kBilinear, 1, 4, 1), x), std::vector<float>({0, 0.25f, 0.75f, 1}));
  EXPECT_EQ(Resized(Resize(kBilinear, 1, 3, 0, true), x), std::vector<float>({0, 0.5f, 1}));
}

// From two to one: half_pixel takes the middle, pytorch_half_pixel the first.
TEST(Resize, BilinearToOneElement) {
  for (int64_t mode : {0, 1, 2}) {
    EXPECT_EQ(Resized(Resize(kBilinear, 1, 1, mode), {1, 3}),
              std::vector<float>({mode == 1 ? 2.0f : 1.0f}));
  }
}

// Half way between two elements the shares are -3/32, 19/32, 19/32, -3/32 (a = -0.75).
TEST(Resize, BicubicByHand) {
  ExpectRow(Resize(kBicubic, 1, 8), {0, 32, 64, 0}, {0, 13, 32, 57, 64, 35, 0, -6});
  // a = -0.5 at a quarter: -9/128, 111/128, 29/128, -3/128, in the other direction at three
  // quarters. What is outside has no share, the others make up for it.
  ExpectRow(Resize(kBicubic, 1, 8, 1), {0, 128, 256, 0}, {-9 * 128 / 102.0f, 23 * 128 / 137.0f});
  ExpectRow(Resize(kBicubic, 1, 4, 1), {1, 2, 3, 4}, {1, 2, 3, 4});
}

TEST(Resize, BicubicOfALargerRange) {
  for (int64_t mode : {0, 1, 2}) {
    SCOPED_TRACE(mode);
    Resize(kBicubic, 9, 13, mode).Input({2, 5, 6, 5}, -2, 2).Run();
  }
}

}  // namespace
}  // namespace mace
