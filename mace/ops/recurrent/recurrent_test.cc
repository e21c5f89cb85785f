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

// One step of an RNN whose state is f(x): every function beside its formula.
TEST(Recurrent, Functions) {
  const struct {
    const char* name;
    double alpha, beta, x, expected;
  } cases[] = {
      {"Affine", 2, 0.5, 0.3, 1.1},
      {"LeakyRelu", 0.1, 0, -0.5, -0.05},
      {"ThresholdedRelu", 0.4, 0, 0.5, 0.5},
      {"thresholdedrelu", 0.6, 0, 0.5, 0},
      {"ScaledTanh", 1.5, 0.5, 0.8, 1.5 * std::tanh(0.4)},
      {"HardSigmoid", 0.3, 0.4, 0.5, 0.55},
      {"HardSigmoid", 0.3, 0.4, 9, 1},
      {"Elu", 2, 0, -0.5, 2 * (std::exp(-0.5) - 1)},
      {"Softsign", 0, 0, -0.5, -1.0 / 3},
      {"Softplus", 0, 0, 0.7, std::log(1 + std::exp(0.7))},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    OpTester tester = Recurrent("RNN", 1, 2);
    tester.Set("activations", std::string(c.name));
    if (c.alpha != 0) tester.Set("activation_alpha", std::vector<double>{c.alpha});
    if (c.beta != 0) tester.Set("activation_beta", std::vector<double>{c.beta});
    tester.Input(Floats({1, 1, 1}, {static_cast<float>(c.x)})).Constant(Floats({1, 1, 1}, {1}));
    tester.Constant(Floats({1, 1, 1}, {0}));
    StatusOr<std::vector<HostTensor>> y = tester.Reference();
    ASSERT_TRUE(y.ok()) << y.status().message();
    EXPECT_NEAR(c.expected, (*y)[1].f32()[0], 1e-6);
  }
}

// Numbers go to the functions that have one, in order; the others have their own.
TEST(Recurrent, NumbersOfFunctions) {
  OpTester tester = Recurrent("GRU", 1, 2);
  tester.Set("activations", std::string("HardSigmoid,Elu"))
      .Set("activation_alpha", std::vector<double>{0.25})
      .Input(Floats({1, 1, 1}, {1}))
      .Constant(Floats({1, 3, 1}, {1, 0, -2}))
      .Constant(Floats({1, 3, 1}, {0, 0, 0}));
  StatusOr<std::vector<HostTensor>> y = tester.Reference();
  ASSERT_TRUE(y.ok()) << y.status().message();
  EXPECT_NEAR((1 - 0.75) * (std::exp(-2) - 1), (*y)[1].f32()[0], 1e-6);
  Recurrent("RNN", 1, 2)
      .Set("activation_alpha", std::vector<double>{1})
      .Input(Shape{1, 1, 1})
      .Constant(Shape{1, 1, 1})
      .Constant(Shape{1, 1, 1})
      .ExpectRefused("expected at most 0 and 0 numbers, found 1 and 0");
  Recurrent("RNN", 1, 2)
      .Set("activations", std::string("Affine"))
      .Set("activation_alpha", std::vector<double>{1})
      .Input(Shape{1, 1, 1})
      .Constant(Shape{1, 1, 1})
      .Constant(Shape{1, 1, 1})
      .ExpectRefused("expected numbers for Affine");
}

struct Variant {
  const char* cell;
  const char* direction;
  int64_t hidden;
  int64_t linear = 0, input_forget = 0;
  double clip = 0;
  const char* activations = "";
  std::vector<double> alpha = {}, beta = {};
};

// x [5, 3, 6]: five steps of three sequences.
OpTester OnDevice(const Variant& variant) {
  const bool lstm = std::string(variant.cell) == "LSTM";
  const int64_t gates = lstm ? 4 : (std::string(variant.cell) == "GRU" ? 3 : 1);
  const int64_t h = variant.hidden;
  const int64_t d = std::string(variant.direction) == "bidirectional" ? 2 : 1;
  OpTester tester = Recurrent(variant.cell, h, lstm ? 3 : 2);
  tester.Set("direction", std::string(variant.direction))
      .Set("linear_before_reset", variant.linear)
      .Set("input_forget", variant.input_forget)
      .Set("clip", variant.clip)
      .Set("activations", std::string(variant.activations))
      .Set("activation_alpha", variant.alpha)
      .Set("activation_beta", variant.beta);
  tester.Input(Shape{5, 3, 6}).Constant(Shape{d, gates * h, 6});
  tester.Constant(Shape{d, gates * h, h}, -0.4f, 0.4f).Constant(Shape{d, 2 * gates * h});
  return tester;
}

TEST(Recurrent, OnTheDevice) {
  const Variant variants[] = {
      {"RNN", "forward", 7},
      {"RNN", "bidirectional", 5, 0, 0, 0.3, "Relu,Tanh"},
      {"GRU", "reverse", 7},
      {"GRU", "bidirectional", 33, 1},
      {"GRU", "forward", 4, 0, 0, 0.5, "Tanh,Relu"},
      {"LSTM", "forward", 37},
      {"LSTM", "bidirectional", 6, 0, 0, 0.4, "Sigmoid,Tanh,Relu,Tanh,Sigmoid,Tanh"},
      {"LSTM", "reverse", 5, 0, 1},
      {"LSTM",
       "bidirectional",
       6,
       0,
       0,
       0,
       "HardSigmoid,Softsign,Elu,Affine,ScaledTanh,LeakyRelu",
       {0.2, 1, 0.8, 0.9, 0.1},
       {0.5, 0.1, 0.7}},
      {"GRU",
       "bidirectional",
       6,
       0,
       0,
       0,
       "HardSigmoid,Softplus,Sigmoid,ThresholdedRelu",
       {0.2, 0.3},
       {0.5}},
  };
  for (const Variant& variant : variants) {
    SCOPED_TRACE(std::string(variant.cell) + " " + variant.direction);
    OnDevice(variant).Run();
  }
}

// Constant or computed: lengths, states, peepholes.
TEST(Recurrent, OperandsOnTheDevice) {
  const HostTensor lengths = HostTensor::FromVector<int32_t>(DType::kInt32, Shape({3}), {5, 0, 3});
  const Variant lstm = {"LSTM", "bidirectional", 6};
  OnDevice(lstm)
      .Constant(lengths)
      .Constant(Shape{2, 3, 6})
      .Input(Shape{2, 3, 6})
      .Constant(Shape{2, 18})
      .Run();
  OnDevice(lstm).Input(lengths).Input(Shape{2, 3, 6}).Constant(Shape{2, 3, 6}).Run();
  OnDevice({"LSTM", "forward", 5, 0, 1})
      .AbsentInput()
      .AbsentInput()
      .AbsentInput()
      .Constant(Shape{1, 15})
      .Run();
  OnDevice({"GRU", "reverse", 9}).Input(lengths).Input(Shape{1, 3, 9}).Run();
}

TEST(Recurrent, LargeStateAsGpu) { OnDevice({"GRU", "bidirectional", 70}).AsGpu(8).Run(); }

TEST(Recurrent, WithoutBiasOnTheDevice) {
  Recurrent("RNN", 3, 2).Input({4, 2, 5}).Constant(Shape{1, 3, 5}).Constant(Shape{1, 3, 3}).Run();
}

TEST(Recurrent, Refuses) {
  Recurrent("RNN", 2, 2)
      .Input({3, 2, 4})
      .Constant(Shape{1, 2, 5})
      .Constant(Shape{1, 2, 2})
      .ExpectRefused("w: expected [1, 2, 4]");
  Recurrent("TNT", 2, 2).Input({1}).Input({1}).Input({1}).ExpectRefused("cell: expected RNN");
  for (int64_t hidden : {int64_t{0}, int64_t{-1}, (int64_t{1} << 62) + 1}) {
    Recurrent("LSTM", hidden, 2)
        .Input({3, 2, 4})
        .Input({1})
        .Input({1})
        .ExpectRefused("hidden: expected 1 to");
  }
  Recurrent("GRU", 2, 2)
      .Set("activations", std::string("Sigmoid"))
      .Input({1})
      .Input({1})
      .Input({1})
      .ExpectRefused("activations: expected 2, found 1");
}

}  // namespace
}  // namespace mace
