#include "mace/graph/integer_type.h"

#include <gtest/gtest.h>

#include <vector>

#include "mace/graph/tensor.h"

namespace mace {
namespace {

TEST(IntegerType, WrapsAround) {
  EXPECT_EQ(-1, WrapInteger(IntegerTypeOf(DType::kInt16), 0xFFFF));
  EXPECT_EQ(0xFFFF, WrapInteger(IntegerTypeOf(DType::kUInt16), -1));
  EXPECT_EQ(-8, WrapInteger(IntegerTypeOf(DType::kInt4), 8));
  EXPECT_EQ(3, WrapInteger(IntegerTypeOf(DType::kUInt2), -1));
  EXPECT_EQ(-1, WrapInteger(IntegerTypeOf(DType::kUInt64), -1));
}

// Conversions saturate, and the upper bits of a byte say nothing.
TEST(IntegerType, TensorsAreConverted) {
  const HostTensor floats =
      HostTensor::FromVector<float>(DType::kFloat32, {4}, {-1e30f, -1, 5.9f, 1e30f});
  const auto converted = [&](DType dtype) { return ToInt64Vector(*floats.ConvertTo(dtype)); };
  EXPECT_EQ(converted(DType::kInt16), (std::vector<int64_t>{-32768, -1, 5, 32767}));
  EXPECT_EQ(converted(DType::kUInt32), (std::vector<int64_t>{0, 0, 5, 4294967295}));
  EXPECT_EQ(converted(DType::kUInt64), (std::vector<int64_t>{0, 0, 5, -1}));
  EXPECT_EQ(converted(DType::kInt4), (std::vector<int64_t>{-8, -1, 5, 7}));
  EXPECT_EQ(converted(DType::kUInt2), (std::vector<int64_t>{0, 0, 3, 3}));
  const HostTensor bytes = HostTensor::FromVector<uint8_t>(DType::kInt4, {2}, {0x1F, 0xF7});
  EXPECT_EQ(ToInt64Vector(bytes), (std::vector<int64_t>{-1, 7}));
  const HostTensor large = HostTensor::FromVector<uint64_t>(DType::kUInt64, {1}, {UINT64_MAX});
  EXPECT_EQ(INT64_MAX, ToInt64Vector(*large.ConvertTo(DType::kInt64))[0]);
  EXPECT_EQ(0x1p64f, ToFloatVector(large)[0]);
}

}  // namespace
}  // namespace mace
