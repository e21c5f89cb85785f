#include <gtest/gtest.h>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

StatusOr<std::vector<HostTensor>> Cast(const HostTensor& x, const char* dtype) {
  OpTester tester("Cast");
  return tester.Set("dtype", std::string(dtype)).Input(x).Reference();
}

TEST(Cast, FloatsStopAtTheLimits) {
  const HostTensor x =
      HostTensor::FromVector<float>(DType::kFloat32, Shape({4}), {-1.9f, 1.9f, 300, 0.5f});
  const auto bytes = Cast(x, "uint8");
  ASSERT_TRUE(bytes.ok()) << bytes.status().message();
  const uint8_t expected[] = {0, 1, 255, 0};
  for (int i = 0; i < 4; ++i) EXPECT_EQ(expected[i], (*bytes)[0].data<uint8_t>()[i]);
  const auto truth = Cast(x, "bool");
  ASSERT_TRUE(truth.ok());
  for (int i = 0; i < 4; ++i) EXPECT_EQ(1, (*truth)[0].data<uint8_t>()[i]);
}

TEST(Cast, IntegersWrapAround) {
  const HostTensor x =
      HostTensor::FromVector<int64_t>(DType::kInt64, Shape({3}), {257, -1, (int64_t{1} << 32) + 5});
  const auto bytes = Cast(x, "uint8");
  const auto words = Cast(x, "int32");
  ASSERT_TRUE(bytes.ok() && words.ok());
  const uint8_t narrow[] = {1, 255, 5};
  const int32_t wide[] = {257, -1, 5};
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(narrow[i], (*bytes)[0].data<uint8_t>()[i]);
    EXPECT_EQ(wide[i], (*words)[0].data<int32_t>()[i]);
  }
}

TEST(Cast, RefusesUnknownTypes) {
  OpTester("Cast").Set("dtype", std::string("text")).Input({1}).ExpectRefused("'text'");
}

}  // namespace
}  // namespace mace
