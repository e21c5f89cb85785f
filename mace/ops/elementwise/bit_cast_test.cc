#include <gtest/gtest.h>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

TEST(BitCast, KeepsTheBits) {
  const HostTensor x = HostTensor::FromVector<float>(DType::kFloat32, Shape({2}), {1, -2.5f});
  const auto bits = OpTester("BitCast").Set("dtype", std::string("uint32")).Input(x).Reference();
  ASSERT_TRUE(bits.ok()) << bits.status().message();
  EXPECT_EQ(ToInt64Vector((*bits)[0]), (std::vector<int64_t>{0x3F800000, 0xC0200000}));
  OpTester back("BitCast");
  const auto floats = back.Set("dtype", std::string("float32")).Input((*bits)[0]).Reference();
  ASSERT_TRUE(floats.ok()) << floats.status().message();
  EXPECT_EQ(ToFloatVector((*floats)[0]), ToFloatVector(x));
}

TEST(BitCast, RefusesOtherWidths) {
  OpTester("BitCast").Set("dtype", std::string("int64")).Input({1}).ExpectRefused("'int64'");
  const HostTensor bytes = HostTensor::FromVector<uint8_t>(DType::kUInt8, Shape({1}), {1});
  OpTester("BitCast").Set("dtype", std::string("int32")).Input(bytes).ExpectRefused("found uint8");
}

}  // namespace
}  // namespace mace
