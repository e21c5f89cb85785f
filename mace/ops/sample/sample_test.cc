// DeformConv, RoiAlign and RoiPool on numbers that are worked out by hand.
#include <gtest/gtest.h>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

HostTensor Floats(Shape shape, const std::vector<float>& values) {
  return HostTensor::FromVector(DType::kFloat32, std::move(shape), values);
}

HostTensor Filled(Shape shape, float value) {
  const size_t count = static_cast<size_t>(shape.elements());
  return Floats(std::move(shape), std::vector<float>(count, value));
}

void ExpectResult(OpTester tester, const Shape& shape, const std::vector<float>& expected) {
  StatusOr<std::vector<HostTensor>> y = tester.Reference();
  ASSERT_TRUE(y.ok()) << y.status().message();
  EXPECT_EQ(shape, (*y)[0].shape());
  const std::vector<float> found = ToFloatVector((*y)[0]);
  ASSERT_EQ(expected.size(), found.size());
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(expected[i], found[i], 1e-5f) << i;
}

OpTester DeformConv(std::vector<int64_t> pads) {
  OpTester tester("DeformConv");
  tester.Set("pads", std::move(pads));
  return tester;
}

const HostTensor kPlane = Floats({1, 1, 3, 3}, {0, 1, 2, 3, 4, 5, 6, 7, 8});
const HostTensor kOnes = Floats({1, 1, 2, 2}, {1, 1, 1, 1});

TEST(DeformConv, WithoutOffsetsAConvolution) {
  ExpectResult(
      DeformConv({0, 0, 0, 0}).Input(kPlane).Constant(kOnes).Input(Filled({1, 8, 2, 2}, 0)),
      {1, 1, 2, 2}, {8, 12, 20, 24});
  ExpectResult(DeformConv({1, 1, 0, 0})
                   .Input(kPlane)
                   .Constant(kOnes)
                   .Input(Filled({1, 8, 3, 3}, 0))
                   .Constant(Floats({1}, {100})),
               {1, 1, 3, 3}, {100, 101, 103, 103, 108, 112, 109, 120, 124});
}

TEST(DeformConv, MovesTapsAndWeighsThem) {
  // Every tap half an element down and one to the right: the last column is outside.
  std::vector<float> offsets;
  for (int tap = 0; tap < 4; ++tap) {
    offsets.insert(offsets.end(), 4, 0.5f);
    offsets.insert(offsets.end(), 4, 1.0f);
  }
  // At (0, 0): rows 0.5 and 1.5, columns 1 and 2. The last row halves behind the end.
  ExpectResult(
      DeformConv({0, 0, 0, 0}).Input(kPlane).Constant(kOnes).Input(Floats({1, 8, 2, 2}, offsets)),
      {1, 1, 2, 2}, {2.5f + 3.5f + 5.5f + 6.5f, 3.5f + 6.5f, 5.5f + 6.5f + 3.5f + 4, 6.5f + 4});
  ExpectResult(DeformConv({0, 0, 0, 0})
                   .Input(kPlane)
                   .Constant(kOnes)
                   .Input(Filled({1, 8, 2, 2}, 0))
                   .AbsentInput()
                   .Input(Floats({1, 4, 2, 2}, {1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 2, 2})),
               {1, 1, 2, 2}, {8, 11, 17, 20});
}

TEST(DeformConv, Refusals) {
  DeformConv({0, 0, 0, 0})
      .Input(kPlane)
      .Constant(kOnes)
      .Input(Shape{1, 8, 3, 3})
      .ExpectRefused("offsets: expected [1, 8, 2, 2], found [1, 8, 3, 3]");
  DeformConv({0, 0, 0, 0})
      .Set("group", int64_t{2})
      .Input(kPlane)
      .Constant(kOnes)
      .Input(Shape{1, 8, 2, 2})
      .ExpectRefused("in 2 groups");
}

OpTester RoiAlign(int64_t height, int64_t width, const char* mode) {
  OpTester tester("RoiAlign");
  tester.Set("output_height", height).Set("output_width", width).Set("mode", std::string(mode));
  return tester;
}

HostTensor Integers(const std::vector<int64_t>& values) {
  return HostTensor::FromVector(DType::kInt64, Shape{static_cast<int64_t>(values.size())}, values);
}

// Elements that grow by 1 along a row and by 10 along a column: interpolation is exact, and the
// mean of a bin is the value in its middle.
HostTensor Ramp() {
  std::vector<float> values;
  for (int image = 0; image < 2; ++image) {
    for (int row = 0; row < 6; ++row) {
      for (int column = 0; column < 6; ++column) {
        values.push_back(static_cast<float>(1000 * image + 10 * row + column));
      }
    }
  }
  return Floats({2, 1, 6, 6}, values);
}

TEST(RoiAlign, MeansOfARamp) {
  // With half pixels the region from 1 to 5 has its first bin from 0.5 to 2.5.
  ExpectResult(
      RoiAlign(2, 2, "avg").Input(Ramp()).Input(Floats({1, 4}, {1, 1, 5, 5})).Input(Integers({1})),
      {1, 1, 2, 2}, {1016.5f, 1018.5f, 1036.5f, 1038.5f});
  ExpectResult(RoiAlign(1, 2, "avg")
                   .Set("half_pixel", int64_t{0})
                   .Set("sampling_ratio", int64_t{3})
                   .Set("spatial_scale", 0.5)
                   .Input(Ramp())
                   .Input(Floats({1, 4}, {2, 2, 10, 6}))
                   .Input(Integers({0})),
               {1, 1, 1, 2}, {22, 24});
}

TEST(RoiAlign, LargestAndOutside) {
  // One place in the middle of four elements: a quarter of the largest.
  ExpectResult(RoiAlign(1, 1, "max")
                   .Set("sampling_ratio", int64_t{1})
                   .Input(Ramp())
                   .Input(Floats({1, 4}, {1, 1, 3, 3}))
                   .Input(Integers({0})),
               {1, 1, 1, 1}, {22 / 4.0f});
  ExpectResult(RoiAlign(1, 1, "avg")
                   .Input(Ramp())
                   .Input(Floats({1, 4}, {20, 20, 22, 22}))
                   .Input(Integers({0})),
               {1, 1, 1, 1}, {0});
}

TEST(RoiAlign, Refusals) {
  RoiAlign(0, 1, "avg")
      .Input(Ramp())
      .Input(Shape{1, 4})
      .Input(Integers({0}))
      .ExpectRefused("expected 1 or more");
  RoiAlign(1, 1, "sum").Input(Ramp()).Input(Shape{1, 4}).Input(Integers({0})).ExpectRefused("mode");
  EXPECT_FALSE(RoiAlign(1, 1, "avg")
                   .Input(Ramp())
                   .Input(Floats({1, 4}, {0, 0, 1, 1}))
                   .Input(Integers({2}))
                   .Reference()
                   .ok());
}

TEST(RoiPool, LargestOfEachBin) {
  OpTester tester("RoiPool");
  tester.Set("pooled_height", int64_t{2}).Set("pooled_width", int64_t{2}).Input(Ramp());
  // Rows and columns 1 to 4, both included; then a region outside, whose bins are empty.
  tester.Input(Floats({2, 5}, {1, 1, 1, 4, 4, 0, 9, 9, 10, 10}));
  ExpectResult(std::move(tester), {2, 1, 2, 2}, {1022, 1024, 1042, 1044, 0, 0, 0, 0});
}

}  // namespace
}  // namespace mace
