#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

OpTester Resize(int64_t h, int64_t w) {
  OpTester tester("ResizeNearestNeighbor");
  tester.Set("size", std::vector<int64_t>{h, w});
  return tester;
}

TEST(ResizeNearestNeighbor, EveryCoordinateMode) {
  const int64_t sizes[][2] = {{7, 9}, {2, 3}, {1, 1}, {4, 5}};
  for (const auto& size : sizes) {
    for (int64_t align_corners : {0, 1}) {
      for (int64_t mode : {0, 1, 2}) {
        SCOPED_TRACE(std::to_string(size[0]) + " align_corners " + std::to_string(align_corners) +
                     " mode " + std::to_string(mode));
        Resize(size[0], size[1])
            .Set("align_corners", align_corners)
            .Set("coordinate_transformation_mode", mode)
            .Input({2, 4, 5, 6})
            .Run();
      }
    }
  }
}

TEST(ResizeNearestNeighbor, ManyChannels) { Resize(4, 3).Input({1, 2, 2, 22}).Run(); }

TEST(ResizeNearestNeighbor, SizeAsInput) {
  const HostTensor size = HostTensor::FromVector<int32_t>(DType::kInt32, Shape({2}), {6, 3});
  OpTester("ResizeNearestNeighbor").Input({1, 3, 2, 5}).Constant(size).Run();
}

TEST(ResizeNearestNeighbor, Refuses) {
  Resize(0, 3)
      .Input({1, 2, 2, 1})
      .ExpectRefused("size: expected [h, w] in 1 to 16777216, found [0, 3]");
  Resize(2, 3).Input({2, 2, 1}).ExpectRefused("rank 4");
  OpTester("ResizeNearestNeighbor").Input({1, 2, 2, 1}).ExpectRefused("found neither");
  Resize(2, 3)
      .Set("coordinate_transformation_mode", int64_t{3})
      .Input({1, 2, 2, 1})
      .ExpectRefused("coordinate_transformation_mode");
  Resize(1 << 24, 1 << 24).Input({1, 1, 1, 1}).ExpectRefused("element");
  Resize(2, 2).Input(Shape({1, 0, 2, 1})).ExpectRefused("height and width");
}

std::vector<float> Values(OpTester tester) {
  StatusOr<std::vector<HostTensor>> y = tester.Reference();
  if (!y.ok()) return {};
  return std::vector<float>((*y)[0].f32(), (*y)[0].f32() + (*y)[0].shape().elements());
}

// A row [0, 1] made four times as long: TensorFlow's values.
TEST(ResizeNearestNeighbor, KnownValues) {
  const HostTensor x = HostTensor::FromVector<float>(DType::kFloat32, Shape({1, 1, 2, 1}), {0, 1});
  EXPECT_EQ(std::vector<float>({0, 0, 1, 1}), Values(Resize(1, 4).Input(x)));
  EXPECT_EQ(std::vector<float>({0, 0, 1, 1}),
            Values(Resize(1, 4).Set("coordinate_transformation_mode", int64_t{1}).Input(x)));
  EXPECT_EQ(std::vector<float>({0, 1, 1}),
            Values(Resize(1, 3).Set("align_corners", int64_t{1}).Input(x)));
}

TEST(ResizeNearestNeighbor, CarriesNaN) {
  HostTensor x = RandomTensor({1, 2, 3, 3}, 4);
  x.f32()[4] = std::numeric_limits<float>::quiet_NaN();
  OpTester tester = Resize(4, 6);
  tester.Input(x);
  EXPECT_TRUE(std::isnan(Values(tester)[2 * 3 + 1]));
  tester.Run();
}

}  // namespace
}  // namespace mace
