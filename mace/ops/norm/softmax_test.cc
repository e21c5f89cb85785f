#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

OpTester Softmax(int64_t axis, int64_t use_log = 0) {
  OpTester tester("Softmax");
  tester.Set("axis", axis).Set("use_log", use_log);
  return tester;
}

TEST(Softmax, EveryAxisOfEveryRank) {
  const Shape shapes[] = {{7}, {3, 6}, {2, 3, 5}, {2, 3, 4, 7}, {2, 3, 2, 2, 5}};
  for (const Shape& shape : shapes) {
    for (int axis = 0; axis < shape.rank(); ++axis) {
      SCOPED_TRACE(shape.ToString() + " axis " + std::to_string(axis));
      Softmax(axis).Input(shape, -4, 4).Seed(static_cast<uint32_t>(axis) + 1).Run();
    }
  }
}

TEST(Softmax, Logarithm) {
  for (int axis : {-1, -2, 0}) Softmax(axis, 1).Input({2, 3, 2, 6}, -4, 4).Run();
}

TEST(Softmax, ManyChannels) {
  for (int64_t use_log : {0, 1}) {
    Softmax(-1, use_log).Input({2, 1, 301}, -4, 4).Run();
    Softmax(-1, use_log).Input({3, 64}, -4, 4).Run();
  }
}

TEST(Softmax, LargeValuesDoNotOverflow) {
  OpTester tester = Softmax(-1);
  tester.Input(HostTensor::FromVector<float>(DType::kFloat32, Shape({3}), {1000, 999, -1000}));
  StatusOr<std::vector<HostTensor>> y = tester.Reference();
  ASSERT_TRUE(y.ok());
  EXPECT_NEAR(0.7310586f, (*y)[0].f32()[0], 1e-6);
  EXPECT_EQ(0.0f, (*y)[0].f32()[2]);
  tester.Run();
}

TEST(Softmax, CarriesNaN) {
  HostTensor x = RandomTensor({2, 5}, 3);
  x.f32()[1] = std::numeric_limits<float>::quiet_NaN();
  for (int axis : {0, 1}) {
    OpTester tester = Softmax(axis);
    tester.Input(x);
    StatusOr<std::vector<HostTensor>> y = tester.Reference();
    ASSERT_TRUE(y.ok());
    EXPECT_TRUE(std::isnan((*y)[0].f32()[axis == 1 ? 0 : 6]));
    EXPECT_FALSE(std::isnan((*y)[0].f32()[axis == 1 ? 5 : 0]));
    tester.Run();
  }
}

TEST(Softmax, Refuses) {
  Softmax(2).Input({2, 3}).ExpectRefused("2");
  Softmax(-3).Input({2, 3}).ExpectRefused("-3");
  Softmax(0).Input(Shape()).ExpectRefused("scalar");
  Softmax(0)
      .Input(HostTensor::FromVector<int32_t>(DType::kInt32, Shape({1}), {3}))
      .ExpectRefused("found int32");
}

}  // namespace
}  // namespace mace
