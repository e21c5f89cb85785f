#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

OpTester Reduce(int type, std::vector<int64_t> axes, int64_t keepdims) {
  OpTester tester("Reduce");
  tester.Set("reduce_type", int64_t{type}).Set("axis", std::move(axes)).Set("keepdims", keepdims);
  return tester;
}

// All subsets of the axes of one shape, with and without keepdims.
TEST(Reduce, EveryAxisSet) {
  const Shape shape = {2, 3, 2, 6};
  for (int bits = 0; bits < 16; ++bits) {
    std::vector<int64_t> axes;
    for (int axis = 0; axis < 4; ++axis) {
      if (bits >> axis & 1) axes.push_back(axis % 2 == 0 ? axis : axis - 4);
    }
    for (int64_t keepdims : {0, 1}) {
      SCOPED_TRACE("axes " + std::to_string(bits) + " keepdims " + std::to_string(keepdims));
      Reduce(4, axes, keepdims).Input(shape, 0, 1).Seed(static_cast<uint32_t>(bits) + 1).Run();
    }
  }
}

TEST(Reduce, EveryTypeOverPositionsAndChannels) {
  for (int type = 0; type < 5; ++type) {
    SCOPED_TRACE(type);
    // Positive for minimum and product: a padding lane of zero would be seen.
    Reduce(type, {1, 2}, 1).Input({2, 3, 4, 5}, 0.5f, 1.5f).Run();
    Reduce(type, {2}, 0).Input({2, 3, 4, 32}, 0.5f, 1.5f).Run();
    Reduce(type, {-1}, 0).Input({2, 3, 4, 5}, 0.5f, 1.5f).Run();
    Reduce(type, {-1}, 0).Input({2, 3, 4, 5}, -1.5f, -0.5f).Run();
  }
}

TEST(Reduce, OtherRanks) {
  Reduce(0, {}, 0).Input({7}, 0, 1).Run();
  Reduce(0, {0}, 1).Input({5, 6}, 0, 1).Run();
  Reduce(2, {1}, 0).Input({3, 4, 6}).Run();
  Reduce(4, {}, 0).Input(Shape()).Run();
  Reduce(4, {0, 1}, 0).Input({2, 3, 2, 2, 5}, 0, 1).Run();
  Reduce(4, {2, 4}, 1).Input({2, 3, 2, 2, 5}, 0, 1).Run();
}

// Axes that the 4-D view cannot tell apart.
TEST(Reduce, RowMajorFallback) {
  Reduce(0, {1}, 0).Input({2, 3, 2, 2, 5}, 0, 1).Run();
  Reduce(2, {0, 3}, 1).Input({2, 3, 2, 2, 5}).Run();
  Reduce(4, {0, 2, 4, 6}, 0).Input({2, 2, 3, 2, 2, 1, 2, 3}, 0, 1).Run();
}

TEST(Reduce, CarriesNaN) {
  HostTensor x = RandomTensor({2, 3, 6}, 5);
  x.f32()[8] = std::numeric_limits<float>::quiet_NaN();
  for (int type = 0; type < 5; ++type) {
    for (int64_t axis : {1, 2}) {
      OpTester tester = Reduce(type, {axis}, 1);
      tester.Input(x);
      StatusOr<std::vector<HostTensor>> y = tester.Reference();
      ASSERT_TRUE(y.ok());
      EXPECT_TRUE(std::isnan((*y)[0].f32()[axis == 1 ? 2 : 1]));
      tester.Run();
    }
  }
}

TEST(Reduce, Integers) {
  const HostTensor x = HostTensor::FromVector<int32_t>(DType::kInt32, Shape({2, 2}), {-7, 2, 3, 5});
  const int32_t expected[5][2] = {{-2, 4}, {-7, 3}, {2, 5}, {-14, 15}, {-5, 8}};
  for (int type = 0; type < 5; ++type) {
    OpTester tester = Reduce(type, {1}, 0);
    tester.Input(x);
    StatusOr<std::vector<HostTensor>> y = tester.Reference();
    ASSERT_TRUE(y.ok()) << y.status().message();
    ASSERT_EQ(Shape({2}), (*y)[0].shape());
    ASSERT_EQ(DType::kInt32, (*y)[0].dtype());
    for (int i = 0; i < 2; ++i) EXPECT_EQ(expected[type][i], (*y)[0].data<int32_t>()[i]) << type;
  }
}

TEST(Reduce, IntegersOnTheDevice) {
  std::vector<int64_t> values;
  for (int64_t i = 0; i < 2 * 3 * 2 * 5; ++i) values.push_back(i * 7 % 11 - 5);
  const HostTensor x = HostTensor::FromVector<int64_t>(DType::kInt64, {2, 3, 2, 5}, values);
  for (int type = 0; type < 5; ++type) {
    SCOPED_TRACE(type);
    Reduce(type, {0, 2}, 0).Input(*x.ConvertTo(DType::kInt32)).Run();
  }
  Reduce(4, {3}, 1).Input(x).Run();
  Reduce(4, {}, 0).Input(x).Run();
}

TEST(Reduce, Refuses) {
  Reduce(5, {0}, 0).Input({2}).ExpectRefused("reduce_type: expected 0 to 4, found 5");
  Reduce(0, {2}, 0).Input({2, 3}).ExpectRefused("axis 2");
  Reduce(1, {1}, 0)
      .Input(HostTensor::FromVector<int32_t>(DType::kInt32, {2, 0}, {}))
      .ExpectRefused("nothing to reduce");
}

TEST(Reduce, NothingToReduce) {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<std::pair<int, float>> cases = {{1, infinity}, {2, -infinity}, {3, 1}, {4, 0}};
  for (const auto& [type, expected] : cases) {
    SCOPED_TRACE(type);
    OpTester tester = Reduce(type, {1}, 0);
    tester.Input(HostTensor::FromVector<float>(DType::kFloat32, {2, 0, 3}, {}));
    const StatusOr<std::vector<HostTensor>> y = tester.Reference();
    ASSERT_TRUE(y.ok()) << y.status().message();
    EXPECT_EQ(std::vector<float>(6, expected), ToFloatVector((*y)[0]));
  }
}

}  // namespace
}  // namespace mace
