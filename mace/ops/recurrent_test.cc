#include <gtest/gtest.h>

#include <cmath>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

HostTensor Floats(Shape shape, const std::vector<float>& values) {
  return HostTensor::FromVector(DType::kFloat32, std::move(shape), values);
}

OpTester Recurrent(const std::string& cell, int64_t hidden, int outputs) {
  OpTester tester("Recurrent");
  tester.Set("cell", cell).Set("hidden", hidden).Outputs(outputs);
  return tester;
}

double Sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// h = tanh(x + 2 h + 0.5), by hand; backwards the other way round.
TEST(Recurrent, Rnn) {
  for (const char* direction : {"forward", "reverse"}) {
    OpTester tester = Recurrent("RNN", 1, 2);
    tester.Set("direction", std::string(direction));
    tester.Input(Floats({2, 1, 1}, {0.1f, -0.3f})).Constant(Floats({1, 1, 1}, {1}));
    tester.Constant(Floats({1, 1, 1}, {2})).Constant(Floats({1, 2}, {0.25f, 0.25f}));
    StatusOr<std::vector<HostTensor>> y = tester.Reference();
    ASSERT_TRUE(y.ok()) << y.status().message();
    const bool forward = direction[0] == 'f';
    const double first = std::tanh((forward ? 0.1 : -0.3) + 0.5);
    const double second = std::tanh((forward ? -0.3 : 0.1) + 2 * first + 0.5);
    EXPECT_NEAR(first, (*y)[0].f32()[forward ? 0 : 1], 1e-6);
    EXPECT_NEAR(second, (*y)[0].f32()[forward ? 1 : 0], 1e-6);
    EXPECT_NEAR(second, (*y)[1].f32()[0], 1e-6);
  }
}

TEST(Recurrent, LstmGates) {
  OpTester tester = Recurrent("LSTM", 1, 3);
  // Gates i, o, f, c see x times 1, 2, 3, 4; no recurrence; c begins at 0.5.
  tester.Input(Floats({1, 1, 1}, {0.3f})).Constant(Floats({1, 4, 1}, {1, 2, 3, 4}));
  tester.Constant(Floats({1, 4, 1}, {0, 0, 0, 0})).AbsentInput().AbsentInput().AbsentInput();
  tester.Constant(Floats({1, 1, 1}, {0.5f}));
  StatusOr<std::vector<HostTensor>> y = tester.Reference();
  ASSERT_TRUE(y.ok()) << y.status().message();
  const double c = Sigmoid(0.9) * 0.5 + Sigmoid(0.3) * std::tanh(1.2);
  EXPECT_NEAR(c, (*y)[2].f32()[0], 1e-6);
  EXPECT_NEAR(Sigmoid(0.6) * std::tanh(c), (*y)[1].f32()[0], 1e-6);
}

TEST(Recurrent, GruResetsBeforeOrBehindTheProduct) {
  for (int64_t linear : {0, 1}) {
    OpTester tester = Recurrent("GRU", 1, 2);
    tester.Set("linear_before_reset", linear);
    tester.Input(Floats({1, 1, 1}, {0.3f})).Constant(Floats({1, 3, 1}, {1, 2, 3}));
    tester.Constant(Floats({1, 3, 1}, {0, 0, 2}));
    // Only r's bias of the third gate: 0.7.
    tester.Constant(Floats({1, 6}, {0, 0, 0, 0, 0, 0.7f})).AbsentInput();
    tester.Constant(Floats({1, 1, 1}, {0.5f}));
    StatusOr<std::vector<HostTensor>> y = tester.Reference();
    ASSERT_TRUE(y.ok()) << y.status().message();
    const double z = Sigmoid(0.3), r = Sigmoid(0.6);
    const double recurrent = linear == 1 ? r * (2 * 0.5 + 0.7) : 2 * r * 0.5 + 0.7;
    const double candidate = std::tanh(0.9 + recurrent);
    EXPECT_NEAR((1 - z) * candidate + z * 0.5, (*y)[1].f32()[0], 1e-6);
  }
}

TEST(Recurrent, LengthsEndSequences) {
  OpTester tester = Recurrent("RNN", 2, 2);
  tester.Set("direction", std::string("bidirectional"));
  tester.Input(Shape{3, 2, 4}).Constant(Shape{2, 2, 4}).Constant(Shape{2, 2, 2}).AbsentInput();
  tester.Input(HostTensor::FromVector<int32_t>(DType::kInt32, Shape({2}), {3, 1}));
  StatusOr<std::vector<HostTensor>> y = tester.Reference();
  ASSERT_TRUE(y.ok()) << y.status().message();
  ASSERT_EQ((Shape{3, 2, 2, 2}), (*y)[0].shape());
  // The second sequence ends after one step: both directions end in it.
  for (int d = 0; d < 2; ++d) {
    for (int k = 0; k < 2; ++k) {
      EXPECT_EQ((*y)[0].f32()[(d * 2 + 1) * 2 + k], (*y)[1].f32()[(d * 2 + 1) * 2 + k]);
      EXPECT_EQ(0, (*y)[0].f32()[((2 + d) * 2 + 1) * 2 + k]);
    }
  }
}

TEST(Recurrent, Refuses) {
  Recurrent("RNN", 2, 2)
      .Input({3, 2, 4})
      .Constant(Shape{1, 2, 5})
      .Constant(Shape{1, 2, 2})
      .ExpectRefused("w: expected [1, 2, 4]");
  Recurrent("TNT", 2, 2).Input({1}).Input({1}).Input({1}).ExpectRefused("cell: expected RNN");
  Recurrent("GRU", 2, 2)
      .Set("activations", std::string("Sigmoid"))
      .Input({1})
      .Input({1})
      .Input({1})
      .ExpectRefused("activations: expected 2, found 1");
}

}  // namespace
}  // namespace mace
