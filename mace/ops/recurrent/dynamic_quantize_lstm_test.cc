#include <gtest/gtest.h>

#include <cmath>

#include "mace/ops/recurrent/lstm_functions.h"
#include "mace/testing/op_tester.h"

namespace mace {
namespace {

HostTensor Floats(Shape shape, const std::vector<float>& values) {
  return HostTensor::FromVector(DType::kFloat32, std::move(shape), values);
}

HostTensor Bytes(Shape shape, const std::vector<int8_t>& values) {
  return HostTensor::FromVector(DType::kInt8, std::move(shape), values);
}

// One step of one number: x 2 and weights 1, 2, 3, 4 times 0.25 for the gates i, o, f, c; the state
// begins with zeros.
OpTester OneStep() {
  OpTester tester("DynamicQuantizeLstm");
  tester.Set("hidden", 1).Outputs(3);
  tester.Input(Floats({1, 1, 1}, {2})).Constant(Bytes({1, 1, 4}, {1, 2, 3, 4}));
  tester.Constant(Bytes({1, 1, 4}, {0, 0, 0, 0})).Constant(Floats({1}, {0.25f}));
  tester.Constant(Bytes({1}, {0})).Constant(Floats({1}, {1})).Constant(Bytes({1}, {0}));
  return tester;
}

double Sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

TEST(DynamicQuantizeLstm, GatesOfOneStep) {
  OpTester tester = OneStep();
  StatusOr<std::vector<HostTensor>> y = tester.Reference();
  ASSERT_TRUE(y.ok()) << y.status().message();
  const double c = Sigmoid(0.5) * std::tanh(2.0);
  EXPECT_NEAR((*y)[0].f32()[0], Sigmoid(1) * std::tanh(c), 1e-6);
  EXPECT_NEAR((*y)[1].f32()[0], Sigmoid(1) * std::tanh(c), 1e-6);
  EXPECT_NEAR((*y)[2].f32()[0], c, 1e-6);
}

// 0.25 of [0, 1] lies between levels 63 and 64 of 255, nearer to 64.
TEST(DynamicQuantizeLstm, TheStateIsRoundedToLevels) {
  OpTester tester("DynamicQuantizeLstm");
  tester.Set("hidden", 2).Outputs(3);
  tester.Input(Floats({1, 1, 1}, {0})).Constant(Bytes({1, 1, 8}, std::vector<int8_t>(8, 0)));
  // The output gates see the second number of the state.
  tester.Constant(Bytes({1, 2, 8}, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0}));
  tester.Constant(Floats({1}, {1})).Constant(Bytes({1}, {0})).Constant(Floats({1}, {1}));
  tester.Constant(Bytes({1}, {0})).AbsentInput();
  tester.Constant(Floats({1, 1, 2}, {1, 0.25f})).Constant(Floats({1, 1, 2}, {3, 3}));
  StatusOr<std::vector<HostTensor>> y = tester.Reference();
  ASSERT_TRUE(y.ok()) << y.status().message();
  const double state = 64.0 / 255;
  EXPECT_NEAR((*y)[1].f32()[0], Sigmoid(state) * std::tanh(1.5), 1e-6);
  EXPECT_GT(std::abs((*y)[1].f32()[0] - Sigmoid(0.25) * std::tanh(1.5)), 1e-4);
}

TEST(DynamicQuantizeLstm, WrongShapesAndTypesAreNamed) {
  OpTester tester = OneStep();
  tester.Set("hidden", 2);
  EXPECT_NE(tester.Reference().status().message().find("w: expected [1, 1, 8]"), std::string::npos)
      << tester.Reference().status().message();
  OpTester sideways = OneStep();
  sideways.Set("direction", std::string("sideways"));
  EXPECT_NE(sideways.Reference().status().message().find("direction"), std::string::npos);
}

TEST(LstmFunctions, AreWithinTheirBounds) {
  for (int i = -300; i <= 300; ++i) {
    const float x = static_cast<float>(i) * 0.1f;
    EXPECT_NEAR(LstmLogistic(x), Sigmoid(double{x}), 2e-7) << x;
    EXPECT_NEAR(LstmTanh(x), std::tanh(double{x}), 4e-7) << x;
  }
}

}  // namespace
}  // namespace mace
