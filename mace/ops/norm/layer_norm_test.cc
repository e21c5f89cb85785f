#include <gtest/gtest.h>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

OpTester LayerNorm(int64_t centered) {
  OpTester tester("LayerNorm");
  tester.Set("centered", centered).Set("epsilon", 1e-3);
  return tester;
}

TEST(LayerNorm, ShapesOfEveryRank) {
  const Shape shapes[] = {{7}, {3, 6}, {2, 3, 5}, {2, 3, 4, 12}, {2, 3, 2, 2, 5}, {1, 301}};
  uint32_t seed = 1;
  for (const Shape& shape : shapes) {
    for (int64_t centered : {1, 0}) {
      SCOPED_TRACE(shape.ToString());
      const Shape channels = {shape.back(0)};
      LayerNorm(centered).Input(shape).Constant(channels).Constant(channels).Seed(seed++).Run();
    }
  }
}

TEST(LayerNorm, WithoutScaleOrOffset) {
  LayerNorm(1).Input({2, 3, 6}).Run();
  LayerNorm(1).Input({2, 3, 6}).AbsentInput().Constant(Shape{6}).Run();
  LayerNorm(0).Input({2, 3, 6}).Constant(Shape{6}).Run();
  LayerNorm(1).Input({2, 6}).Input(Shape{6}).Run();
}

// Work-groups that share a position.
TEST(LayerNorm, AsOnGpus) {
  LayerNorm(1).Input({2, 3, 301}).Constant(Shape{301}).Constant(Shape{301}).AsGpu(100).Run();
}

// The offset of the values is far above their spread.
TEST(LayerNorm, LargeMean) {
  // Floats at 1000 are 6e-5 apart; seen: 6e-5 of the result.
  LayerNorm(1).Input({4, 64}, 999, 1001).Tolerance(2e-4f, 1).Run();
}

TEST(LayerNorm, Refuses) {
  LayerNorm(1).Input(Shape()).ExpectRefused("rank 1 or more");
  LayerNorm(1).Set("epsilon", -1.0).Input({2, 6}).ExpectRefused("epsilon: expected 0 or more");
  LayerNorm(1).Input({2, 6}).Constant(Shape{5}).ExpectRefused("scale: expected shape [6]");
}

}  // namespace
}  // namespace mace
