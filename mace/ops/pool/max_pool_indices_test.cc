#include <gtest/gtest.h>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

using Numbers = std::vector<int64_t>;

OpTester Indices(const Numbers& kernel, const Numbers& strides, const Numbers& before,
                 const Numbers& extents) {
  OpTester tester("MaxPoolIndices");
  tester.Set("kernel", kernel).Set("strides", strides).Set("before", before);
  tester.Set("dilations", Numbers(kernel.size(), 1)).Set("extents", extents);
  return tester;
}

Numbers Found(OpTester tester) {
  StatusOr<std::vector<HostTensor>> y = tester.Reference();
  EXPECT_TRUE(y.ok()) << y.status().message();
  return y.ok() ? ToInt64Vector((*y)[0]) : Numbers();
}

const HostTensor kX = HostTensor::FromVector<float>(DType::kFloat32, {1, 2, 2, 3},
                                                    {1, 5, 5, 7, 2, 3, 0, 0, 0, -1, -2, -3});

TEST(MaxPoolIndices, FirstOfEqualsInTheWholeTensor) {
  EXPECT_EQ((Numbers{3, 1, 6, 7}), Found(Indices({2, 2}, {1, 1}, {0, 0}, {1, 2}).Input(kX)));
  // The image's axes the other way round: (1, 0) is 1, (0, 1) is 2.
  EXPECT_EQ(
      (Numbers{1, 2, 6, 8}),
      Found(Indices({2, 2}, {1, 1}, {0, 0}, {1, 2}).Set("column_major", int64_t{1}).Input(kX)));
}

TEST(MaxPoolIndices, PaddingTakesNoPart) {
  EXPECT_EQ((Numbers{0, 1, 3, 5, 6, 7, 9, 10}),
            Found(Indices({2, 2}, {2, 2}, {1, 1}, {2, 2}).Input(kX)));
  EXPECT_EQ((Numbers{-1, 0}),
            Found(Indices({1}, {1}, {1}, {2})
                      .Input(HostTensor::FromVector<float>(DType::kFloat32, {1, 1, 1}, {4}))));
}

TEST(MaxPoolIndices, ThreeAxes) {
  const HostTensor x =
      HostTensor::FromVector<float>(DType::kFloat32, {1, 1, 2, 2, 2}, {1, 2, 3, 4, 5, 9, 7, 8});
  EXPECT_EQ((Numbers{5}), Found(Indices({2, 2, 2}, {1, 1, 1}, {0, 0, 0}, {1, 1, 1}).Input(x)));
}

TEST(MaxPoolIndices, Refusals) {
  Indices({2}, {1, 1}, {0}, {1}).Input(kX).ExpectRefused("strides: expected 1 to 3 numbers");
  Indices({2}, {1}, {0}, {1}).Input(kX).ExpectRefused("expected floats of rank 3");
}

}  // namespace
}  // namespace mace
