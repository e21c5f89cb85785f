#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "mace/ops/matmul/blocked_matrix.h"
#include "mace/testing/op_tester.h"

namespace mace {
namespace {

HostTensor RandomBytes(const Shape& shape, uint32_t seed) {
  std::mt19937 random(seed);
  HostTensor bytes = *HostTensor::Allocate({DType::kUInt8, shape});
  uint8_t* const to = bytes.mutable_data<uint8_t>();
  for (int64_t i = 0; i < shape.elements(); ++i) to[i] = static_cast<uint8_t>(random());
  return bytes;
}

// The weights of a product, with zero points that are whole numbers of the type.
struct Weights {
  BlockedMatrix matrix;
  HostTensor packed, scales, zero_points;
};

Weights MakeWeights(const BlockedMatrix& matrix) {
  Weights weights = {matrix, RandomBytes({matrix.rows, matrix.row_bytes()}, 1),
                     RandomTensor({matrix.rows, matrix.blocks()}, 2, 0.01f, 0.1f),
                     RandomTensor({matrix.rows, matrix.blocks()}, 3, 0.0f,
                                  static_cast<float>((1 << matrix.bits) - 1))};
  float* const zeros = weights.zero_points.f32();
  for (int64_t i = 0; i < weights.zero_points.shape().elements(); ++i)
    zeros[i] = std::floor(zeros[i]);
  return weights;
}

OpTester Tester(const Shape& a, const Weights& weights) {
  OpTester tester("MatMulBits");
  tester.Input(a)
      .Constant(weights.packed)
      .Constant(weights.scales)
      .Constant(weights.zero_points)
      .Set("rows", weights.matrix.rows)
      .Set("columns", weights.matrix.columns)
      .Set("bits", weights.matrix.bits)
      .Set("block_size", weights.matrix.block_size);
  return tester;
}

TEST(MatMulBits, EveryWidthOfRowsColumnsAndBlocks) {
  for (const BlockedMatrix& matrix :
       {BlockedMatrix{5, 32, 4, 16}, BlockedMatrix{37, 70, 4, 32}, BlockedMatrix{16, 24, 8, 8},
        BlockedMatrix{33, 129, 8, 64}, BlockedMatrix{1, 7, 4, 16}, BlockedMatrix{20, 37, 2, 16},
        BlockedMatrix{17, 70, 8, 72}}) {
    const Weights weights = MakeWeights(matrix);
    for (int64_t rows : {1, 3, 9}) Tester({rows, matrix.columns}, weights).Run();
  }
}

TEST(MatMulBits, LeadingAxesAreRows) {
  const Weights weights = MakeWeights({18, 40, 4, 32});
  Tester({2, 3, 40}, weights).Run();
  Tester({40}, weights).Run();
}

// Many rows: weights that are expanded once for all of them, in the last chunk and the last turn too.
TEST(MatMulBits, ManyRows) {
  for (const BlockedMatrix& matrix : {BlockedMatrix{21, 150, 8, 16}, BlockedMatrix{35, 131, 4, 64},
                                      BlockedMatrix{16, 70, 2, 80}}) {
    const Weights weights = MakeWeights(matrix);
    for (int64_t rows : {17, 64, 75}) Tester({rows, matrix.columns}, weights).Run();
  }
}

TEST(MatMulBits, ABiasForEachColumn) {
  const Weights weights = MakeWeights({21, 40, 8, 40});
  const HostTensor bias = RandomTensor({21}, 9, -20.0f, 20.0f);
  for (int64_t rows : {1, 20}) {
    Tester({rows, 40}, weights).Constant(bias).Run();
    Tester({rows, 40}, weights).Constant(bias).AsGpu(64).Run();
  }
  Tester({2, 40}, weights)
      .Constant(RandomTensor({20}, 9))
      .ExpectRefused("input 4: expected a constant of 21 elements of floats");
}

// A processor's kernel, on any device.
TEST(MatMulBits, AsAProcessorInVectors) {
  Tester({3, 70}, MakeWeights({37, 70, 4, 32})).WithFloatWidth(16).Only("vectors").Run();
}

// On a GPU, work-items share a sum; elsewhere no other test has that.
TEST(MatMulBits, AsAGpuCutsIt) {
  const Weights weights = MakeWeights({45, 200, 4, 32});
  Tester({1, 200}, weights).AsGpu(64).Run();
  Tester({6, 200}, weights).AsGpu(64).Run();
  Tester({5, 75}, MakeWeights({40, 75, 2, 16})).AsGpu(64).Run();
  Tester({5, 75}, MakeWeights({40, 75, 8, 80})).AsGpu(64).Run();
}

// Many rows on a GPU: weights that are expanded into memory before the product.
TEST(MatMulBits, AsAGpuExpandsIt) {
  for (const BlockedMatrix& matrix :
       {BlockedMatrix{45, 75, 4, 32}, BlockedMatrix{33, 70, 8, 72}, BlockedMatrix{64, 37, 2, 16}}) {
    const Weights weights = MakeWeights(matrix);
    Tester({70, matrix.columns}, weights).AsGpu(64).Only("expanded").Run();
  }
  Tester({3, 5, 40}, MakeWeights({21, 40, 8, 40}))
      .Constant(RandomTensor({21}, 9, -20.0f, 20.0f))
      .AsGpu(64)
      .Only("expanded")
      .Run();
}

// Beside sums in double over numbers that are taken out of the bytes one by one.
TEST(MatMulBits, ReferenceIsThatOfTheFormula) {
  for (int64_t bits : {2, 4, 8}) {
    const Weights weights = MakeWeights({3, 20, bits, 16});
    const BlockedMatrix& matrix = weights.matrix;
    const HostTensor a = RandomTensor({2, 20}, 5);
    OpTester tester("MatMulBits");
    tester.Input(a).Constant(weights.packed).Constant(weights.scales).Constant(weights.zero_points);
    tester.Set("rows", int64_t{3}).Set("columns", int64_t{20}).Set("bits", bits);
    tester.Set("block_size", int64_t{16});
    StatusOr<std::vector<HostTensor>> found = tester.Reference();
    ASSERT_TRUE(found.ok()) << found.status().message();
    ASSERT_EQ((Shape{2, 3}), (*found)[0].shape());
    const int64_t per_byte = 8 / bits, row_bytes = 2 * 16 / per_byte;
    for (int64_t r = 0; r < 2; ++r) {
      for (int64_t n = 0; n < 3; ++n) {
        double sum = 0;
        for (int64_t k = 0; k < 20; ++k) {
          const int byte = weights.packed.data<uint8_t>()[n * row_bytes + k / per_byte];
          const int number = byte >> (k % per_byte * bits) & ((1 << bits) - 1);
          const int64_t block = n * 2 + k / 16;
          sum += (number - double{weights.zero_points.f32()[block]}) * weights.scales.f32()[block] *
                 a.f32()[r * 20 + k];
        }
        EXPECT_NEAR(sum, (*found)[0].f32()[r * 3 + n], 1e-5) << matrix.bits;
      }
    }
  }
}

TEST(MatMulBits, RefusesWhatDoesNotFit) {
  const Weights weights = MakeWeights({5, 32, 4, 16});
  Tester({2, 31}, weights).ExpectRefused("expected floats in rows of 32 elements");
  Tester({2, 32}, weights)
      .Set("bits", int64_t{3})
      .ExpectRefused("bits: expected 2, 4 or 8, found 3");
  Tester({2, 32}, weights)
      .Set("block_size", int64_t{12})
      .ExpectRefused("block_size: expected a multiple of 8, found 12");
  Tester({2, 32}, weights)
      .Set("bits", int64_t{2})
      .Set("block_size", int64_t{8})
      .ExpectRefused("block_size: expected a multiple of 16, found 8");
  Tester({2, 32}, weights)
      .Set("rows", int64_t{6})
      .ExpectRefused("input 1: expected a constant of 96 elements of uint8");
  Tester({2, 32}, weights).Set("rows", int64_t{0}).ExpectRefused("from 1 to 2^31 - 1, found 0");
}

}  // namespace
}  // namespace mace
