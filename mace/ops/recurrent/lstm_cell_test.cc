#include <gtest/gtest.h>

#include <cmath>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

OpTester Cell(int64_t batch, int64_t width, int64_t units, bool known_state = false) {
  OpTester tester("LSTMCell");
  tester.Set("scalar_input", 0.5).Outputs(2).Input({batch, width});
  const Shape state({batch, units});
  known_state ? tester.Constant(state) : tester.Input(state);
  tester.Constant({width + units, 4 * units}).Constant({4 * units});
  return known_state ? tester.Constant(state) : tester.Input(state);
}

TEST(LSTMCell, WidthsAndUnits) {
  Cell(1, 4, 8).Run();
  Cell(3, 7, 5).Seed(2).Run();
  Cell(2, 5, 6, true).Seed(3).Run();
  Cell(1, 1, 1).Seed(4).Run();
}

TEST(LSTMCell, SharedByAWorkGroup) { Cell(2, 70, 61).AsGpu(16).Run(); }

HostTensor Floats(Shape shape, const std::vector<float>& values) {
  return HostTensor::FromVector<float>(DType::kFloat32, std::move(shape), values);
}

// Gates i, j, f, o: 2 * weight of x + 3 * weight of the output before + bias.
TEST(LSTMCell, ByHand) {
  OpTester tester("LSTMCell");
  tester.Set("scalar_input", 1.0).Outputs(2);
  tester.Input(Floats({1, 1}, {2})).Input(Floats({1, 1}, {3}));
  tester.Constant(Floats({2, 4}, {0.1f, 0.2f, 0.3f, 0.4f, -0.1f, 0, 0.1f, 0.2f}));
  tester.Constant(Floats({4}, {0.1f, 0, -0.9f, 0.6f}));
  tester.Input(Floats({1, 1}, {0.5f}));
  const StatusOr<std::vector<HostTensor>> y = tester.Reference();
  ASSERT_TRUE(y.ok()) << y.status().message();
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  const double cell = 0.5 * std::tanh(0.4) + sigmoid(1.0) * 0.5;
  EXPECT_NEAR((*y)[0].f32()[0], cell, 1e-6);
  EXPECT_NEAR((*y)[1].f32()[0], sigmoid(2.0) * std::tanh(cell), 1e-6);
}

TEST(LSTMCell, Refuses) {
  OpTester tester("LSTMCell");
  tester.Outputs(2).Input({1, 3}).Input({1, 4}).Constant({8, 16}).Constant({16}).Input({1, 4});
  tester.ExpectRefused("weights: expected shape [7, 16], found [8, 16]");
  OpTester states("LSTMCell");
  states.Outputs(2).Input({1, 3}).Input({2, 4}).Constant({7, 16}).Constant({16}).Input({1, 4});
  states.ExpectRefused("output_before: expected shape [1, 4], found [2, 4]");
}

}  // namespace
}  // namespace mace
