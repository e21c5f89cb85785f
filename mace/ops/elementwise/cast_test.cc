#include <gtest/gtest.h>

#include <limits>

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

TEST(Cast, OnTheDevice) {
  const HostTensor integers = HostTensor::FromVector<int64_t>(
      DType::kInt64, Shape({2, 5}), {0, 1, -1, 7, 300, 100, -50, 3, 4, 5});
  for (const char* to : {"float32", "int32", "int64", "bool"}) {
    OpTester("Cast").Set("dtype", std::string(to)).Input(integers).Run();
    OpTester("Cast").Set("dtype", std::string(to)).Input(*integers.ConvertTo(DType::kInt32)).Run();
  }
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const HostTensor floats =
      HostTensor::FromVector<float>(DType::kFloat32, Shape({5}), {-1.75f, 1.75f, 300, 0.5f, nan});
  for (const char* to :
       {"int32", "int64", "bool", "uint8", "int8", "uint16", "int16", "uint4", "int2"}) {
    OpTester("Cast").Set("dtype", std::string(to)).Input(floats).Run();
    OpTester("Cast").Set("dtype", std::string(to)).Input(*integers.ConvertTo(DType::kInt8)).Run();
    OpTester("Cast").Set("dtype", std::string(to)).Input(integers).Run();
  }
  const HostTensor bools = HostTensor::FromVector<uint8_t>(DType::kBool, Shape({3}), {1, 0, 1});
  for (const char* to : {"float32", "int32", "int64"}) {
    OpTester("Cast").Set("dtype", std::string(to)).Input(bools).Run();
  }
}

TEST(Cast, RefusesUnknownTypes) {
  OpTester("Cast").Set("dtype", std::string("text")).Input({1}).ExpectRefused("'text'");
}

}  // namespace
}  // namespace mace
