#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "mace/ops/recurrent/lstm_functions.h"
#include "mace/testing/op_tester.h"
#include "mace/testing/quantized_lstm_case.h"

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

// The states and cells of a direction, number by number: the operations that the op promises, in
// their order.
struct PlainSteps {
  const QuantizedLstmCase& given;
  size_t direction;

  static void Quantize(const float* numbers, size_t count, std::vector<int>* levels, float* scale) {
    float low = 0, high = 0;
    for (size_t i = 0; i < count; ++i) {
      low = std::min(low, numbers[i]);
      high = std::max(high, numbers[i]);
    }
    *scale = low == high ? 1 : (high - low) / 255;
    const float zero = std::nearbyint(-low / *scale);
    levels->clear();
    for (size_t i = 0; i < count; ++i) {
      const float level = std::nearbyint(numbers[i] / *scale) + zero;
      levels->push_back(static_cast<int>(std::clamp(level, 0.0f, 255.0f) - zero));
    }
  }

  float Product(const int* levels, float scale, const QuantizedWeights& w, size_t column) const {
    const auto rows = static_cast<size_t>(w.integers.shape()[1]);
    const auto columns = static_cast<size_t>(w.integers.shape()[2]);
    const size_t place = direction * columns + column;
    int sum = 0;
    for (size_t k = 0; k < rows; ++k) {
      sum += levels[k] * (w.At((direction * rows + k) * columns + column) - w.Zero(place));
    }
    return static_cast<float>(sum) * (scale * w.scales.f32()[place]);
  }

  // h of each step, [t, n, h], then the last c.
  std::vector<float> Run() const {
    const size_t n = given.sequences, hidden = given.hidden, columns = 4 * hidden;
    std::vector<float> h(n * hidden), c(n * hidden), all(given.steps * n * hidden);
    std::copy_n(given.h0.f32() + direction * h.size(), h.size(), h.begin());
    std::copy_n(given.c0.f32() + direction * c.size(), c.size(), c.begin());
    std::vector<int> x, state;
    float x_scale = 0, scale = 0;
    Quantize(given.x.f32(), given.steps * n * given.width, &x, &x_scale);
    for (size_t step = 0; step < given.steps; ++step) {
      const size_t t = direction == 1 ? given.steps - 1 - step : step;
      Quantize(h.data(), h.size(), &state, &scale);
      for (size_t i = 0; i < n; ++i) {
        const auto gate = [&](size_t g, size_t k) {
          const size_t at = g * hidden + k;
          const float* const bias = given.bias.f32() + 2 * direction * columns;
          const float both = Product(&x[(t * n + i) * given.width], x_scale, given.w, at) +
                             Product(&state[i * hidden], scale, given.r, at);
          return both + (bias[at] + bias[at + columns]);
        };
        for (size_t k = 0; k < hidden; ++k) {
          const volatile float kept = c[i * hidden + k] * LstmLogistic(gate(2, k));
          const volatile float added = LstmLogistic(gate(0, k)) * LstmTanh(gate(3, k));
          c[i * hidden + k] = kept + added;
          h[i * hidden + k] = LstmLogistic(gate(1, k)) * LstmTanh(c[i * hidden + k]);
        }
      }
      std::copy(h.begin(), h.end(), all.begin() + static_cast<std::ptrdiff_t>(t * n * hidden));
    }
    all.insert(all.end(), c.begin(), c.end());
    return all;
  }
};

void ExpectBitsOfPlainSteps(const QuantizedLstmCase& given) {
  OpTester tester = given.Tester();
  StatusOr<std::vector<HostTensor>> y = tester.Reference();
  ASSERT_TRUE(y.ok()) << y.status().message();
  const size_t state = given.sequences * given.hidden;
  for (size_t d = 0; d < 2; ++d) {
    const std::vector<float> expected = PlainSteps{given, d}.Run();
    for (size_t i = 0; i < expected.size(); ++i) {
      const size_t t = i / state, place = i % state;
      const float found = t < given.steps ? (*y)[0].f32()[(t * 2 + d) * state + place]
                                          : (*y)[2].f32()[d * state + place];
      ASSERT_EQ(found, expected[i]) << "direction " << d << ", step " << t << ", " << place;
    }
    const size_t last = d == 0 ? given.steps - 1 : 0;
    for (size_t i = 0; i < state; ++i) {
      EXPECT_EQ((*y)[1].f32()[d * state + i], expected[last * state + i]) << i;
    }
  }
}

TEST(DynamicQuantizeLstm, TheBitsAreThoseOfPlainSteps) {
  // More steps than have their products made together; sizes that fill no vector.
  ExpectBitsOfPlainSteps(QuantizedLstmCase(19, 3, 13, 19, DType::kUInt8, true));
  ExpectBitsOfPlainSteps(QuantizedLstmCase(3, 1, 16, 32, DType::kInt8, false));
}

TEST(DynamicQuantizeLstm, SumsBeyondInt32AreRefused) {
  OpTester tester("DynamicQuantizeLstm");
  tester.Set("hidden", 1).Outputs(3);
  tester.Input({1, 1, 32769}).Constant(Bytes({1, 32769, 4}, std::vector<int8_t>(4 * 32769, 0)));
  tester.Constant(Bytes({1, 1, 4}, {0, 0, 0, 0})).Constant(Floats({1}, {0.25f}));
  tester.Constant(Bytes({1}, {0})).Constant(Floats({1}, {1})).Constant(Bytes({1}, {0}));
  tester.ExpectRefused("at most 32768 numbers");
}

}  // namespace
}  // namespace mace
