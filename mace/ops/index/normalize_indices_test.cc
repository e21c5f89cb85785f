#include <gtest/gtest.h>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

template <typename T>
HostTensor Indices(DType dtype, Shape shape, std::vector<T> values) {
  return HostTensor::FromVector<T>(dtype, std::move(shape), std::move(values));
}

OpTester Normalize(std::vector<int64_t> extents, HostTensor indices) {
  OpTester tester("NormalizeIndices");
  tester.Set("extents", std::move(extents)).Input(std::move(indices));
  return tester;
}

TEST(NormalizeIndicesTest, NegativeOnesCountFromTheEnd) {
  OpTester tester = Normalize({5}, Indices<int64_t>(DType::kInt64, {2, 2}, {0, 4, -5, -1}));
  const auto result = tester.Reference();
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_EQ((*result)[0].dtype(), DType::kInt64);
  EXPECT_EQ(ToInt64Vector((*result)[0]), (std::vector<int64_t>{0, 4, 0, 4}));
  tester.Run();  // Each entry of the batch alone, too.
}

TEST(NormalizeIndicesTest, AnExtentForEachPlaceOfTheLastAxis) {
  OpTester tester = Normalize({2, 7}, Indices<int32_t>(DType::kInt32, {2, 2}, {-1, -1, 1, 6}));
  const auto result = tester.Reference();
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_EQ(ToInt64Vector((*result)[0]), (std::vector<int64_t>{1, 6, 1, 6}));
  tester.Run();
}

TEST(NormalizeIndicesTest, IndicesOutsideAreRefused) {
  constexpr int64_t kMax = INT64_MAX, kLeast = INT64_MIN;
  for (int64_t index : {int64_t{3}, int64_t{-4}, kMax, kLeast}) {
    const auto result =
        Normalize({3}, Indices<int64_t>(DType::kInt64, {2}, {0, index})).Reference();
    ASSERT_FALSE(result.ok()) << index;
    EXPECT_EQ(result.status().code(), StatusCode::kInvalidArgument);
    EXPECT_NE(result.status().message().find("index " + std::to_string(index) +
                                             " is outside of the axis of 3"),
              std::string::npos)
        << result.status().message();
  }
}

TEST(NormalizeIndicesTest, RefusesOtherInputs) {
  OpTester("NormalizeIndices").Set("extents", int64_t{3}).Input({2}).ExpectRefused("integers");
  Normalize({3, 4}, Indices<int32_t>(DType::kInt32, {3}, {0, 0, 0})).ExpectRefused("last axis");
  Normalize({0}, Indices<int32_t>(DType::kInt32, {1}, {0})).ExpectRefused("above 0");
}

}  // namespace
}  // namespace mace
