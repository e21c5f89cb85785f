#include <gtest/gtest.h>

#include <cmath>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

OpTester TopK(int64_t k, int64_t axis, int64_t largest) {
  OpTester tester("TopK");
  tester.Set("k", k).Set("axis", axis).Set("largest", largest).Outputs(2);
  return tester;
}

// Among equal values the first goes first, and a NaN is above all.
TEST(TopK, Order) {
  const std::vector<float> x = {1, 5, NAN, 5, -2};
  const std::vector<int64_t> expected[] = {{4, 0, 1}, {2, 1, 3}};
  for (int64_t largest : {0, 1}) {
    OpTester tester = TopK(3, 0, largest);
    tester.Input(HostTensor::FromVector<float>(DType::kFloat32, Shape({5}), x));
    StatusOr<std::vector<HostTensor>> y = tester.Reference();
    ASSERT_TRUE(y.ok()) << y.status().message();
    for (int i = 0; i < 3; ++i) {
      const int64_t place = expected[largest][static_cast<size_t>(i)];
      EXPECT_EQ(place, (*y)[1].data<int64_t>()[i]);
      EXPECT_TRUE(place == 2 || x[static_cast<size_t>(place)] == (*y)[0].f32()[i]);
    }
  }
}

TEST(TopK, AlongAnAxisOfIntegers) {
  OpTester tester = TopK(1, 0, 1);
  tester.Input(HostTensor::FromVector<int32_t>(DType::kInt32, Shape({2, 3}), {1, 7, 3, 4, 5, 6}));
  StatusOr<std::vector<HostTensor>> y = tester.Reference();
  ASSERT_TRUE(y.ok()) << y.status().message();
  ASSERT_EQ((Shape{1, 3}), (*y)[0].shape());
  const int32_t values[] = {4, 7, 6};
  const int64_t places[] = {1, 0, 1};
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(values[i], (*y)[0].data<int32_t>()[i]);
    EXPECT_EQ(places[i], (*y)[1].data<int64_t>()[i]);
  }
}

// Whole numbers: many are equal, and the order of equals is seen.
HostTensor WholeNumbers(const Shape& shape, uint32_t seed) {
  HostTensor tensor = RandomTensor(shape, seed, -4, 4);
  for (int64_t i = 0; i < shape.elements(); ++i) tensor.f32()[i] = std::round(tensor.f32()[i]);
  return tensor;
}

TEST(TopK, OnTheDevice) {
  struct Case {
    Shape shape;
    int64_t axis, k;
  };
  const Case cases[] = {{{7}, 0, 3},    {{2, 3, 5}, -1, 5}, {{3, 9, 2}, 1, 4},
                        {{5, 3}, 0, 1}, {{2, 301}, 1, 7},   {{1, 1000}, 1, 20}};
  for (const Case& c : cases) {
    for (int64_t largest : {0, 1}) {
      SCOPED_TRACE(c.shape.ToString() + (largest == 1 ? " largest" : " smallest"));
      TopK(c.k, c.axis, largest).Input(WholeNumbers(c.shape, 3)).Run();
      TopK(c.k, c.axis, largest).Input(c.shape).AsGpu(8).Run();
    }
  }
}

TEST(TopK, NaNAndInfinityOnTheDevice) {
  const HostTensor x = HostTensor::FromVector<float>(
      DType::kFloat32, Shape({9}), {1, NAN, INFINITY, -INFINITY, NAN, 0, -0.0f, INFINITY, -1});
  for (int64_t largest : {0, 1}) {
    TopK(9, 0, largest).Input(x).Run();
    TopK(9, 0, largest).Input(x).AsGpu(8).Run();
  }
}

TEST(TopK, Refuses) {
  TopK(4, -1, 1).Input({2, 3}).ExpectRefused("k: expected 0 to 3, found 4");
  TopK(1, 2, 1).Input({2, 3}).ExpectRefused("axis");
}

}  // namespace
}  // namespace mace
