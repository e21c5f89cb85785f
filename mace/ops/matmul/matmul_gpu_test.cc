#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

TEST(MatMulTest, Weights) {
  OpTester("MatMul").Input({5, 7}).Constant({7, 35}).Run();
  OpTester("MatMul").Input({2, 3, 5, 8}).Constant({6, 8}).Set("transpose_b", int64_t{1}).Run();
  OpTester("MatMul").Input({4, 9}).Constant({9, 6}).Constant({6}).Run();
}

TEST(MatMulTest, Residual) {
  const int64_t on = 1;
  OpTester("MatMul")
      .Input({5, 7})
      .Constant({7, 18})
      .Constant({18})
      .Input({5, 18})
      .Set("residual", on)
      .Run();
}

TEST(MatMulTest, RefusesAResidualOfAnotherShape) {
  OpTester("MatMul")
      .Input({5, 7})
      .Constant({7, 6})
      .Constant({6})
      .Input({1, 6})
      .Set("residual", int64_t{1})
      .ExpectRefused("residual: expected floats of shape");
}

TEST(MatMulTest, Activations) {
  OpTester("MatMul").Input({5, 7}).Input({7, 18}).Run();
  OpTester("MatMul").Input({2, 9, 7}).Input({2, 7, 3}).Run();
}

TEST(MatMulTest, Transposed) {
  OpTester("MatMul").Input({7, 5}).Input({7, 6}).Set("transpose_a", int64_t{1}).Run();
  OpTester("MatMul").Input({5, 7}).Input({18, 7}).Set("transpose_b", int64_t{1}).Run();
  OpTester("MatMul")
      .Input({3, 7, 5})
      .Input({3, 6, 7})
      .Set("transpose_a", int64_t{1})
      .Set("transpose_b", int64_t{1})
      .Run();
}

TEST(MatMulTest, BatchesBroadcast) {
  OpTester("MatMul").Input({2, 1, 4, 5}).Input({3, 5, 6}).Run();
  OpTester("MatMul").Constant({4, 5}).Input({3, 5, 6}).Run();
  OpTester("MatMul").Input({3, 4, 5}).Constant({3, 5, 6}).Constant({6}).Run();
}

TEST(MatMulTest, BatchesOfAnyRank) {
  OpTester("MatMul").Input({2, 1, 2, 1, 3, 4}).Input({3, 1, 2, 4, 5}).Run();
  OpTester("MatMul").Input({1, 2, 1, 2, 1, 2, 3, 4}).Input({2, 1, 2, 1, 2, 1, 4, 18}).Run();
  OpTester("MatMul")
      .Constant({2, 1, 1, 7, 3})
      .Input({3, 2, 7, 6})
      .Set("transpose_a", int64_t{1})
      .Run();
  OpTester("MatMul").Input({2, 9, 7}).Constant({2, 6, 7}).Set("transpose_b", int64_t{1}).Run();
}

TEST(MatMulTest, WeightsOnTheLeft) {
  OpTester("MatMul").Constant({9, 6}).Input({6, 7}).Constant({7}).Run();
  OpTester("MatMul")
      .Constant({6, 9})
      .Input({2, 7, 6})
      .Set("transpose_a", int64_t{1})
      .Set("transpose_b", int64_t{1})
      .Run();
}

TEST(MatMulTest, WeightsBehindATransposedInput) {
  OpTester("MatMul").Input({2, 6, 9}).Constant({6, 5}).Set("transpose_a", int64_t{1}).Run();
}

TEST(MatMulTest, VectorsLoseTheirAxis) {
  OpTester("MatMul").Input({5}).Input({5, 6}).Run();
  OpTester("MatMul").Input({5}).Constant({3, 2, 5, 6}).Run();
  OpTester("MatMul").Input({3, 4, 5}).Input({5}).Run();
  OpTester("MatMul").Input({2, 3, 5, 6}).Constant({5}).Set("transpose_a", int64_t{1}).Run();
  OpTester("MatMul").Input({7}).Input({7}).Run();
}

TEST(MatMulTest, BiasesOfAnyShape) {
  OpTester("MatMul").Input({5, 7}).Input({7, 18}).Input({18}).Run();
  OpTester("MatMul").Input({5, 7}).Input({7, 6}).Constant({5, 1}).Run();
  OpTester("MatMul").Input({5, 7}).Constant({7, 6}).Constant({5, 6}).Run();
  OpTester("MatMul").Input({5, 7}).Constant({7, 6}).Constant({1}).Run();
  OpTester("MatMul").Input({2, 3, 4, 5}).Input({3, 5, 6}).Input({2, 1, 4, 1}).Run();
  OpTester("MatMul").Input({3, 4, 5}).Input({5}).Constant({4}).Run();
}

// Elements beside a matrix must not reach its result, not even times zero.
TEST(MatMulTest, InfinityStaysWhereItIs) {
  HostTensor a = RandomTensor({3, 5, 5}, 1);
  a.f32()[4] = HUGE_VALF;
  OpTester("MatMul").Input(a).Input({3, 5, 6}, 0.5f, 1.0f).Run();
  OpTester("MatMul").Input(a).Input({3, 5, 6}, 0.5f, 1.0f).Set("transpose_a", int64_t{1}).Run();
}

TEST(MatMulTest, BiasBroadcasts) {
  OpTester tester("MatMul");
  tester.Input(HostTensor::FromVector<float>(DType::kFloat32, {2, 1}, {1, 2}))
      .Input(HostTensor::FromVector<float>(DType::kFloat32, {1, 2}, {3, 4}))
      .Constant(HostTensor::FromVector<float>(DType::kFloat32, {2, 1}, {10, 20}));
  StatusOr<std::vector<HostTensor>> outputs = tester.Reference();
  ASSERT_TRUE(outputs.ok()) << outputs.status().message();
  const float* y = (*outputs)[0].f32();
  EXPECT_EQ(std::vector<float>(y, y + 4), (std::vector<float>{13, 14, 26, 28}));
}

TEST(MatMulTest, RandomShapes) {
  for (uint32_t seed = 1; seed <= 6; ++seed) {
    std::mt19937 generator(seed);
    const auto draw = [&](uint32_t most) { return static_cast<int64_t>(generator() % most) + 1; };
    const int64_t rows = draw(20), depth = draw(40), columns = draw(40), batch = draw(3);
    const bool turn_a = draw(2) == 1, turn_b = draw(2) == 1;
    Shape a = turn_a ? Shape({batch, depth, rows}) : Shape({batch, rows, depth});
    Shape b = turn_b ? Shape({columns, depth}) : Shape({depth, columns});
    if (draw(2) == 1) b = Shape({2, 1, b.dim(0), b.dim(1)});
    OpTester tester("MatMul");
    tester.Set("transpose_a", int64_t{turn_a}).Set("transpose_b", int64_t{turn_b}).Seed(seed);
    const int64_t constant = draw(3);  // a, b or none of them.
    constant == 1 ? tester.Constant(a) : tester.Input(a);
    constant == 2 ? tester.Constant(b) : tester.Input(b);
    if (draw(2) == 1) tester.Constant({columns});
    SCOPED_TRACE("seed " + std::to_string(seed) + ", a " + a.ToString() + ", b " + b.ToString());
    tester.Run();
  }
}

// A library may have other kernels for large matrices.
TEST(MatMulTest, LargeMatrices) { OpTester("MatMul").Input({449, 461}).Input({461, 454}).Run(); }

TEST(MatMulTest, RefusesWhatDoesNotFit) {
  OpTester("MatMul").Input({5, 7}).Input({6, 7}).ExpectRefused("does not fit");
  OpTester("MatMul").Input({2, 5, 7}).Input({3, 7, 2}).ExpectRefused("does not fit");
  OpTester("MatMul").Input({5, 7}).Input({7, 2}).Constant({3}).ExpectRefused("bias");
}

}  // namespace
}  // namespace mace
