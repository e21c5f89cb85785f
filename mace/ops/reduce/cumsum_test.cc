#include <gtest/gtest.h>

#include <cmath>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

OpTester Cumsum(int64_t axis, int64_t exclusive = 0, int64_t reverse = 0) {
  OpTester tester("Cumsum");
  tester.Set("axis", axis).Set("exclusive", exclusive).Set("reverse", reverse);
  return tester;
}

std::vector<float> Sums(OpTester tester, const HostTensor& x) {
  StatusOr<std::vector<HostTensor>> outputs = tester.Input(x).Reference();
  EXPECT_TRUE(outputs.ok()) << outputs.status().message();
  if (!outputs.ok()) return {};
  EXPECT_EQ((*outputs)[0].shape(), x.shape());
  EXPECT_EQ((*outputs)[0].dtype(), x.dtype());
  const HostTensor y = *(*outputs)[0].ConvertTo(DType::kFloat32);
  return std::vector<float>(y.f32(), y.f32() + y.shape().elements());
}

const HostTensor kX = HostTensor::FromVector<float>(DType::kFloat32, {2, 3}, {1, 2, 3, 10, 20, 30});

TEST(Cumsum, BothDirectionsWithAndWithoutTheElementItself) {
  EXPECT_EQ(Sums(Cumsum(1), kX), (std::vector<float>{1, 3, 6, 10, 30, 60}));
  EXPECT_EQ(Sums(Cumsum(-1, 1), kX), (std::vector<float>{0, 1, 3, 0, 10, 30}));
  EXPECT_EQ(Sums(Cumsum(1, 0, 1), kX), (std::vector<float>{6, 5, 3, 60, 50, 30}));
  EXPECT_EQ(Sums(Cumsum(1, 1, 1), kX), (std::vector<float>{5, 3, 0, 50, 30, 0}));
}

TEST(Cumsum, Products) {
  const auto products = [](int64_t exclusive, int64_t reverse) {
    return Cumsum(1, exclusive, reverse).Set("product", int64_t{1});
  };
  EXPECT_EQ(Sums(products(0, 0), kX), (std::vector<float>{1, 2, 6, 10, 200, 6000}));
  EXPECT_EQ(Sums(products(1, 1), kX), (std::vector<float>{6, 3, 1, 600, 30, 1}));
}

TEST(Cumsum, OuterAxis) {
  EXPECT_EQ(Sums(Cumsum(0), kX), (std::vector<float>{1, 2, 3, 11, 22, 33}));
  const HostTensor x = kX.Reshaped({1, 2, 3, 1});
  EXPECT_EQ(Sums(Cumsum(1), x), (std::vector<float>{1, 2, 3, 11, 22, 33}));
  EXPECT_EQ(Sums(Cumsum(-2), x), (std::vector<float>{1, 3, 6, 10, 30, 60}));
}

TEST(Cumsum, NaNReachesOnlyWhatIsBehindIt) {
  const HostTensor x = HostTensor::FromVector<float>(DType::kFloat32, Shape({3}), {1, NAN, 2});
  const std::vector<float> sums = Sums(Cumsum(0), x);
  ASSERT_EQ(sums.size(), 3u);
  EXPECT_EQ(sums[0], 1);
  EXPECT_TRUE(std::isnan(sums[1]) && std::isnan(sums[2]));
}

TEST(Cumsum, IntegersWrapAround) {
  const HostTensor x =
      HostTensor::FromVector<int32_t>(DType::kInt32, Shape({3}), {INT32_MAX, 1, 1});
  StatusOr<std::vector<HostTensor>> outputs = Cumsum(0).Input(x).Reference();
  ASSERT_TRUE(outputs.ok());
  EXPECT_EQ(ToInt64Vector((*outputs)[0]),
            (std::vector<int64_t>{INT32_MAX, INT32_MIN, int64_t{INT32_MIN} + 1}));
}

TEST(Cumsum, OnTheDevice) {
  const HostTensor integers = HostTensor::FromVector<int64_t>(
      DType::kInt64, {2, 3, 2}, {1, -2, 3, 0, 5, 6, 7, 8, 9, 1, 2, 3});
  for (int64_t flags : {0, 3}) {
    for (int64_t axis : {1, 2}) {
      SCOPED_TRACE("axis " + std::to_string(axis) + ", flags " + std::to_string(flags));
      Cumsum(axis, flags & 1, flags >> 1).Input({3, 5, 2}).Run();
      Cumsum(axis, flags & 1, flags >> 1).Input(integers).Run();
      Cumsum(axis, flags & 1, flags >> 1).Input(*integers.ConvertTo(DType::kInt32)).Run();
      Cumsum(axis, flags & 1, flags >> 1)
          .Set("product", int64_t{1})
          .Input({3, 5, 2}, 0.5f, 2)
          .Run();
    }
  }
}

// The errors of many float sums would add up to more than the tolerance.
TEST(Cumsum, LongLinesOnTheDevice) { Cumsum(0).Input(Shape{40000}, 0, 1).Run(); }

TEST(Cumsum, NothingToAddUp) {
  EXPECT_EQ(Sums(Cumsum(0), *HostTensor::Allocate({DType::kFloat32, {0, 3}})),
            std::vector<float>());
}

TEST(Cumsum, Refuses) {
  Cumsum(2).Input({2, 3}).ExpectRefused("2");
  Cumsum(0).Input(Shape()).ExpectRefused("0");
}

}  // namespace
}  // namespace mace
