#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

// The answers are those of numpy.unique.
std::vector<HostTensor> Find(HostTensor x, int64_t sorted = 1) {
  OpTester tester("Unique");
  tester.Set("sorted", sorted).Input(std::move(x)).Outputs(5).CpuOnly();
  auto results = tester.Reference();
  if (!results.ok()) ADD_FAILURE() << results.status().message();
  return results.ok() ? *std::move(results) : std::vector<HostTensor>(5);
}

HostTensor Rows() {
  return HostTensor::FromVector<int64_t>(DType::kInt64, Shape{5, 2},
                                         {2, 1, -1, 5, 2, 1, -1, 4, 2, 1});
}

using Ints = std::vector<int64_t>;

TEST(UniqueTest, SortsRowsFromTheLeft) {
  const std::vector<HostTensor> found = Find(Rows());
  EXPECT_EQ(ToInt64Vector(found[4]), Ints{3});
  EXPECT_EQ(ToInt64Vector(found[0]), (Ints{-1, 4, -1, 5, 2, 1, 0, 0, 0, 0}));
  EXPECT_EQ(ToInt64Vector(found[1]), (Ints{3, 1, 0, 0, 0}));
  EXPECT_EQ(ToInt64Vector(found[2]), (Ints{2, 1, 2, 0, 2}));
  EXPECT_EQ(ToInt64Vector(found[3]), (Ints{1, 1, 3, 0, 0}));
}

TEST(UniqueTest, KeepsTheOrderInWhichRowsComeFirst) {
  const std::vector<HostTensor> found = Find(Rows(), 0);
  EXPECT_EQ(ToInt64Vector(found[0]), (Ints{2, 1, -1, 5, -1, 4, 0, 0, 0, 0}));
  EXPECT_EQ(ToInt64Vector(found[1]), (Ints{0, 1, 3, 0, 0}));
  EXPECT_EQ(ToInt64Vector(found[2]), (Ints{0, 1, 0, 2, 0}));
  EXPECT_EQ(ToInt64Vector(found[3]), (Ints{3, 1, 1, 0, 0}));
}

TEST(UniqueTest, NanIsBehindAllNumbersAndOnce) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<HostTensor> found =
      Find(HostTensor::FromVector<float>(DType::kFloat32, Shape{5, 1}, {nan, 1, -0.0f, nan, 0}));
  EXPECT_EQ(ToInt64Vector(found[4]), Ints{3});
  EXPECT_EQ(found[0].f32()[0], 0);
  EXPECT_EQ(found[0].f32()[1], 1);
  EXPECT_TRUE(std::isnan(found[0].f32()[2]));
  EXPECT_EQ(ToInt64Vector(found[3]), (Ints{2, 1, 2, 0, 0}));
}

TEST(UniqueTest, TakesSmallAndUnsignedTypes) {
  const auto bytes = HostTensor::FromVector<uint8_t>(DType::kUInt8, Shape{3, 1}, {200, 3, 200});
  EXPECT_EQ(ToInt64Vector(Find(bytes)[0]), (Ints{3, 200, 0}));
  const auto small = HostTensor::FromVector<int8_t>(DType::kInt8, Shape{3, 1}, {1, -3, 1});
  EXPECT_EQ(ToInt64Vector(Find(small)[0]), (Ints{-3, 1, 0}));
  const auto words = HostTensor::FromVector<int32_t>(DType::kInt32, Shape{2, 1}, {7, -7});
  EXPECT_EQ(ToInt64Vector(Find(words)[0]), (Ints{-7, 7}));
}

TEST(UniqueTest, NothingHasNoRows) {
  const auto none = HostTensor::FromVector<float>(DType::kFloat32, Shape{0, 3}, {});
  EXPECT_EQ(ToInt64Vector(Find(none)[4]), Ints{0});
}

TEST(UniqueTest, RefusesWhatIsNoMatrix) {
  OpTester("Unique").Input({2, 3, 4}).Outputs(5).ExpectRefused("expected a matrix");
}

}  // namespace
}  // namespace mace
