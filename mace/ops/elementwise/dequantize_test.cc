#include "mace/ops/elementwise/dequantize.h"

#include <gtest/gtest.h>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

HostTensor Numbers(DType dtype, const Shape& shape, std::vector<int8_t> values) {
  return HostTensor::FromVector(dtype, shape, std::move(values));
}

HostTensor Floats(const Shape& shape, std::vector<float> values) {
  return HostTensor::FromVector(DType::kFloat32, shape, std::move(values));
}

OpTester Tester(const HostTensor& x, const HostTensor& scale, int64_t axis, int64_t block_size) {
  OpTester tester("Dequantize");
  tester.Constant(x).Constant(scale).Set("axis", axis).Set("block_size", block_size);
  return tester;
}

std::vector<float> Values(OpTester tester) {
  const StatusOr<std::vector<HostTensor>> found = tester.Reference();
  EXPECT_TRUE(found.ok()) << found.status().message();
  return found.ok() ? ToFloatVector((*found)[0]) : std::vector<float>();
}

TEST(Dequantize, OneNumberOnesOfAnAxisAndBlocks) {
  const HostTensor x = Numbers(DType::kInt4, {2, 3}, {-8, 7, 0, 1, 2, 3});
  EXPECT_EQ(Values(Tester(x, Floats({}, {0.5f}), 0, 0)),
            (std::vector<float>{-4, 3.5f, 0, 0.5f, 1, 1.5f}));
  EXPECT_EQ(Values(Tester(x, Floats({3}, {1, 2, 3}), -1, 0)
                       .Constant(Numbers(DType::kInt4, {3}, {1, 0, -1}))),
            (std::vector<float>{-9, 14, 3, 0, 4, 12}));
  EXPECT_EQ(Values(Tester(x, Floats({2, 2}, {1, 2, 3, 4}), 1, 2)),
            (std::vector<float>{-8, 7, 0, 3, 6, 12}));
  EXPECT_EQ(Values(Tester(Numbers(DType::kUInt8, {2}, {-1, 1}), Floats({}, {2}), 0, 0)),
            (std::vector<float>{510, 2}));
}

TEST(Dequantize, RefusesWhatDoesNotFit) {
  const HostTensor x = Numbers(DType::kInt8, {2, 3}, {1, 2, 3, 4, 5, 6});
  Tester(x, Floats({2}, {1, 2}), 1, 0)
      .ExpectRefused("scale and zero point: expected one number or [3] of them for [2, 3]");
  Tester(x, Floats({2, 3}, {1, 2, 3, 4, 5, 6}), 1, 2)
      .ExpectRefused("expected one number or [2, 2] of them");
  Tester(x, x, 0, 0).ExpectRefused("scale: expected floats");
  Tester(Floats({2}, {1, 2}), Floats({}, {1}), 0, 0)
      .ExpectRefused("expected integers of 8, 4 or 2");
  Tester(x, Floats({}, {1}), 0, -1).ExpectRefused("block_size: expected 0 or more, found -1");
}

TEST(Dequantize, LargeMatricesMayStayPacked) {
  EXPECT_TRUE(MayStayPacked({DType::kInt8, {512, 512}}));
  EXPECT_TRUE(MayStayPacked({DType::kUInt2, {1, 1 << 18}}));
  EXPECT_FALSE(MayStayPacked({DType::kInt8, {512, 511}}));
  EXPECT_FALSE(MayStayPacked({DType::kInt8, {2, 512, 512}}));
  EXPECT_FALSE(MayStayPacked({DType::kInt32, {512, 512}}));
}

}  // namespace
}  // namespace mace
