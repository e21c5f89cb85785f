#include "mace/graph/difference.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "mace/graph/tensor.h"

namespace mace {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

HostTensor Vector(const std::vector<float>& values) {
  return HostTensor::FromVector(DType::kFloat32, {static_cast<int64_t>(values.size())}, values);
}

TEST(Difference, EqualTensors) {
  const Difference difference =
      Compare(Vector({1, -2, kNan, kInfinity}), Vector({1, -2, kNan, kInfinity}));
  EXPECT_EQ(difference.max_abs_error, 0);
  EXPECT_DOUBLE_EQ(difference.cosine, 1);
  EXPECT_TRUE(std::isinf(difference.snr_db));
}

TEST(Difference, ErrorsAreRelativeToTheLargestExpected) {
  const Difference difference = Compare(Vector({0, 4, -8}), Vector({0, 4, -6}));
  EXPECT_DOUBLE_EQ(difference.max_abs_error, 2);
  EXPECT_DOUBLE_EQ(difference.max_rel_error, 0.25);
  EXPECT_DOUBLE_EQ(difference.range, 12);
  EXPECT_NEAR(difference.snr_db, 10 * std::log10(80.0 / 4.0), 1e-9);
}

TEST(Difference, NanAgainstANumberIsInfinitelyFar) {
  EXPECT_TRUE(std::isinf(Compare(Vector({1, kNan}), Vector({1, 0})).max_abs_error));
  EXPECT_TRUE(std::isinf(Compare(Vector({1, 0}), Vector({1, kNan})).max_abs_error));
  EXPECT_TRUE(std::isinf(Compare(Vector({kInfinity}), Vector({-kInfinity})).max_abs_error));
}

TEST(Difference, ShapesThatDifferAreNeverEqual) {
  const HostTensor row = HostTensor::FromVector<float>(DType::kFloat32, {1, 2}, {1, 2});
  EXPECT_FALSE(Compare(row, Vector({1, 2})).same_shape);
  EXPECT_TRUE(std::isinf(Compare(row, Vector({1, 2})).max_abs_error));
}

TEST(Difference, OppositeVectors) {
  EXPECT_DOUBLE_EQ(Compare(Vector({1, 2}), Vector({-1, -2})).cosine, -1);
}

}  // namespace
}  // namespace mace
