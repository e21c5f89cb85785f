#include <gtest/gtest.h>

#include <cmath>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

using Ints = std::vector<int64_t>;

double Sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

HostTensor Floats(Shape shape, const std::vector<float>& values) {
  return HostTensor::FromVector<float>(DType::kFloat32, std::move(shape), values);
}

// One unit, one output; R rows of output and one of cells.
OpTester OneUnit(int64_t delay, const Ints& frames) {
  OpTester tester("DynamicLSTM");
  return tester.Outputs(3)
      .Set("prev_out_delay", delay)
      .Set("prev_cell_delay", int64_t{-1})
      .Set("prev_out_dim", int64_t{1})
      .Set("prev_cell_dim", int64_t{1})
      .Set("scale", 0.5)
      .Set("forward_indexes", frames);
}

// One step by the formulas of the header, from x, the output before and the cell before.
struct Step {
  double y, cell;
  Step(double x, double p, double c) {
    const double i = Sigmoid(0.5 * x - 0.25 * p + 0.1 + 0.2 * c);
    const double f = Sigmoid(0.25 * x + 0.5 * p + 0.2 - 0.1 * c);
    cell = f * c + i * std::tanh(x + p + 0.3);
    const double o = Sigmoid(-x + 0.75 * p + 0.4 + 0.3 * cell);
    y = 2 * o * std::tanh(cell) + 0.5;
  }
};

TEST(DynamicLSTM, TwoFramesByHand) {
  // Frame 2, then frame 0; the memory has one row, the output before is 3, the cell before 0.25.
  OpTester tester = OneUnit(-1, {2, 0});
  tester.Set("out_cache_indexes", Ints{1}).Set("cell_cache_indexes", Ints{0});
  tester.Input(Floats({1, 3, 1}, {0.75f, 9, -0.5f}));
  tester.Input(Floats({1, 1, 1}, {3})).Input(Floats({1, 1, 1}, {0.25f}));
  tester.Constant(Floats({4, 2}, {0.5f, -0.25f, 0.25f, 0.5f, 1, 1, -1, 0.75f}));
  tester.Constant(Floats({3, 1}, {0.2f, -0.1f, 0.3f})).Constant(Floats({1, 1}, {2}));
  tester.Constant(Floats({4}, {0.1f, 0.2f, 0.3f, 0.4f})).Constant(Floats({1}, {0.5f}));
  const StatusOr<std::vector<HostTensor>> y = tester.Reference();
  ASSERT_TRUE(y.ok()) << y.status().message();
  ASSERT_EQ((*y)[0].shape(), (Shape{1, 2, 1}));
  const Step first(-0.5, 3, 0.25);
  const Step second(0.75, 0.5 * first.y, 0.5 * first.cell);
  EXPECT_NEAR((*y)[0].f32()[0], first.y, 1e-6);
  EXPECT_NEAR((*y)[0].f32()[1], second.y, 1e-6);
  EXPECT_NEAR((*y)[1].f32()[0], 0.5 * second.y, 1e-6);
  EXPECT_NEAR((*y)[2].f32()[0], 0.5 * first.cell, 1e-6);
}

// With two rows of memory the second frame sees what was before all frames; batches are apart.
TEST(DynamicLSTM, RowsAndBatches) {
  OpTester tester = OneUnit(-4, {0, 1});
  tester.Set("subsample_factor", int64_t{2}).Set("prev_cell_delay", int64_t{-4});
  tester.Set("bias_a", int64_t{0}).Set("bias_b", int64_t{0}).Set("out_cache_indexes", Ints{0, 1});
  tester.Input(Floats({2, 2, 1}, {0, 0, 0, 0}));
  tester.Input(Floats({2, 2, 1}, {1, 2, 3, 4})).Input(Floats({2, 2, 1}, {0, 0, 0, 0}));
  tester.Constant(Floats({4, 2}, {0, 0, 0, 0, 0, 1, 0, 0}));
  tester.Constant(Floats({3, 1}, {0, 0, 0})).Constant(Floats({1, 1}, {2}));
  const StatusOr<std::vector<HostTensor>> y = tester.Reference();
  ASSERT_TRUE(y.ok()) << y.status().message();
  for (int i = 0; i < 4; ++i) {
    const double expected = std::tanh(0.5 * std::tanh(i + 1.0));
    EXPECT_NEAR((*y)[0].f32()[i], expected, 1e-6) << i;
    EXPECT_NEAR((*y)[1].f32()[i], 0.5 * expected, 1e-6) << i;
    EXPECT_EQ((*y)[2].f32()[i], 0) << i;
  }
}

void ExpectRefused(OpTester tester, const std::string& message, int64_t depth = 2) {
  tester.Set("bias_a", int64_t{0}).Set("bias_b", int64_t{0});
  tester.Input({1, 3, 1}).Input({1, 1, 1}).Input({1, 1, 1}).Constant({4, depth});
  tester.Constant({3, 1}).Constant({1, 1}).ExpectRefused(message);
}

TEST(DynamicLSTM, Refuses) {
  ExpectRefused(OneUnit(0, {0}), "prev_out_delay: expected a multiple");
  ExpectRefused(OneUnit(-1, {}), "forward_indexes: expected a frame");
  ExpectRefused(OneUnit(-1, {0}).Set("out_cache_indexes", Ints{0, 0}), "out_cache_indexes");
  ExpectRefused(OneUnit(-1, {0}).Set("prev_cell_dim", int64_t{0}), "prev_cell_dim");
  ExpectRefused(OneUnit(-1, {0}), "weights_a: expected floats [4, 2], found", 3);
  ExpectRefused(OneUnit(-1, {3}), "forward_indexes: expected 0 to 2, found 3");
  ExpectRefused(OneUnit(-1, {0}).Set("prev_out_offset", int64_t{1}), "prev_out_offset");
}

}  // namespace
}  // namespace mace
