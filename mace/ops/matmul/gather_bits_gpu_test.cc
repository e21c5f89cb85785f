#include <gtest/gtest.h>

#include <random>

#include "mace/ops/matmul/blocked_matrix.h"
#include "mace/testing/op_tester.h"

namespace mace {
namespace {

HostTensor RandomBytes(const Shape& shape) {
  std::mt19937 random(1);
  HostTensor bytes = *HostTensor::Allocate({DType::kUInt8, shape});
  uint8_t* const to = bytes.mutable_data<uint8_t>();
  for (int64_t i = 0; i < shape.elements(); ++i) to[i] = static_cast<uint8_t>(random());
  return bytes;
}

HostTensor Indices(const Shape& shape, std::vector<int32_t> values) {
  return HostTensor::FromVector(DType::kInt32, shape, std::move(values));
}

OpTester Tester(const BlockedMatrix& matrix, const HostTensor& indices) {
  OpTester tester("GatherBits");
  tester.Input(indices)
      .Constant(RandomBytes({matrix.rows, matrix.row_bytes()}))
      .Constant(RandomTensor({matrix.rows, matrix.blocks()}, 2, 0.01f, 0.1f))
      .Constant(RandomTensor({matrix.rows, matrix.blocks()}, 3, 0.0f, 3.0f))
      .Set("rows", matrix.rows)
      .Set("columns", matrix.columns)
      .Set("bits", matrix.bits)
      .Set("block_size", matrix.block_size);
  return tester;
}

TEST(GatherBits, EveryWidthOnEveryDevice) {
  const HostTensor indices = Indices({2, 3}, {0, 17, -1, 4, -18, 16});
  for (const BlockedMatrix& matrix :
       {BlockedMatrix{18, 37, 8, 16}, BlockedMatrix{18, 40, 4, 40}, BlockedMatrix{18, 35, 2, 16}}) {
    Tester(matrix, indices).Run();
    Tester(matrix, indices).AsGpu(64).Run();
  }
  Tester({18, 24, 8, 24}, Indices({}, {5})).Run();
}

// Beside numbers that are taken out of the bytes by hand.
TEST(GatherBits, ReferenceIsThatOfTheFormula) {
  OpTester tester("GatherBits");
  tester.Input(Indices({2}, {-1, 0}))
      .Constant(HostTensor::FromVector<uint8_t>(DType::kUInt8, {2, 4},
                                                {0x21, 0x43, 0x65, 0x87, 0xf0, 0x0f, 0x11, 0x22}))
      .Constant(HostTensor::FromVector<float>(DType::kFloat32, {2, 1}, {0.5f, 2}))
      .Constant(HostTensor::FromVector<float>(DType::kFloat32, {2, 1}, {8, 1}))
      .Set("rows", int64_t{2})
      .Set("columns", int64_t{5})
      .Set("bits", int64_t{4})
      .Set("block_size", int64_t{8});
  const StatusOr<std::vector<HostTensor>> found = tester.Reference();
  ASSERT_TRUE(found.ok()) << found.status().message();
  EXPECT_EQ(ToFloatVector((*found)[0]),
            (std::vector<float>{-2, 28, 28, -2, 0, -3.5f, -3, -2.5f, -2, -1.5f}));
}

TEST(GatherBits, RefusesWhatDoesNotFit) {
  const BlockedMatrix matrix = {18, 40, 4, 40};
  Tester(matrix, RandomTensor({2}, 1)).ExpectRefused("indices: expected integers");
  Tester(matrix, Indices({1}, {0}))
      .Set("rows", int64_t{19})
      .ExpectRefused("input 1: expected a constant of 380 elements of uint8");
  EXPECT_NE(Tester(matrix, Indices({1}, {18}))
                .Reference()
                .status()
                .message()
                .find("index 18 is outside of the axis of 18"),
            std::string::npos);
}

}  // namespace
}  // namespace mace
