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

// 160 steps of 80 hidden numbers in one direction or both, with the constants of `directions`.
StatusOr<std::vector<HostTensor>> ManySteps(const char* direction,
                                            const std::vector<int>& directions) {
  constexpr int64_t kSteps = 160, kWidth = 5, kHidden = 80;
  const auto count = static_cast<int64_t>(directions.size());
  const auto number = [](int64_t i) { return static_cast<int>(i * 37 % 101) - 50; };
  std::vector<float> x;
  for (int64_t i = 0; i < kSteps * kWidth; ++i) x.push_back(0.02f * static_cast<float>(number(i)));
  const auto weights = [&](int64_t rows) {
    std::vector<int8_t> bytes;
    for (int d : directions) {
      for (int64_t i = 0; i < rows * 4 * kHidden; ++i) {
        bytes.push_back(static_cast<int8_t>(number(i + 1000 * d)));
      }
    }
    return Bytes({count, rows, 4 * kHidden}, bytes);
  };
  const auto each = static_cast<size_t>(count);
  OpTester tester("DynamicQuantizeLstm");
  tester.Set("hidden", kHidden).Set("direction", std::string(direction)).Outputs(3);
  tester.Input(Floats({kSteps, 1, kWidth}, x));
  tester.Constant(weights(kWidth)).Constant(weights(kHidden));
  for (int i = 0; i < 2; ++i) {
    tester.Constant(Floats({count}, std::vector<float>(each, 0.002f)));
    tester.Constant(Bytes({count}, std::vector<int8_t>(each, 3)));
  }
  return tester.Reference();
}

TEST(DynamicQuantizeLstm, BothDirectionsGiveWhatEachGives) {
  const StatusOr<std::vector<HostTensor>> both = ManySteps("bidirectional", {0, 1});
  const StatusOr<std::vector<HostTensor>> forward = ManySteps("forward", {0});
  const StatusOr<std::vector<HostTensor>> reverse = ManySteps("reverse", {1});
  ASSERT_TRUE(both.ok() && forward.ok() && reverse.ok()) << both.status().message();
  const size_t size = 80;
  for (size_t step = 0; step < 160; ++step) {
    for (size_t i = 0; i < size; ++i) {
      const float* const y = (*both)[0].f32() + 2 * step * size;
      ASSERT_EQ(y[i], (*forward)[0].f32()[step * size + i]) << step;
      ASSERT_EQ(y[size + i], (*reverse)[0].f32()[step * size + i]) << step;
    }
  }
  EXPECT_NE((*both)[0].f32()[0], (*both)[0].f32()[size]);
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
