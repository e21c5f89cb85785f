// DynamicQuantizeLSTM against the same steps in integers of 64 bits and doubles.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_net.h"
#include "mace/testing/formats/test_onnx.h"

namespace mace {
namespace {

using Proto = onnx::TensorProto;

constexpr int64_t kSteps = 4, kSequences = 2, kInput = 3, kHidden = 2, kColumns = 4 * kHidden;

// Numbers as DynamicQuantizeLinear rounds them, less the zero point.
struct Quantized {
  std::vector<int64_t> levels;
  double scale = 1;
};

Quantized Quantize(const std::vector<double>& numbers) {
  float low = 0, high = 0;
  for (double number : numbers) {
    low = std::min(low, static_cast<float>(number));
    high = std::max(high, static_cast<float>(number));
  }
  Quantized result;
  const float scale = low == high ? 1 : (high - low) / 255;
  result.scale = scale;
  const auto zero_point = static_cast<int64_t>(std::nearbyint(-low / scale));
  for (double number : numbers) {
    const auto level =
        static_cast<int64_t>(std::nearbyint(static_cast<float>(number) / scale)) + zero_point;
    result.levels.push_back(std::clamp<int64_t>(level, 0, 255) - zero_point);
  }
  return result;
}

// Weights of one direction, [rows, 4h].
struct Weights {
  std::vector<int> integers;
  std::vector<float> scales;  // For each column.
  int zero_point = 0;

  double Product(const Quantized& x, size_t row_of_x, int64_t column) const {
    const auto rows = static_cast<int64_t>(integers.size()) / kColumns;
    int64_t sum = 0;
    for (int64_t r = 0; r < rows; ++r) {
      sum += x.levels[row_of_x * static_cast<size_t>(rows) + static_cast<size_t>(r)] *
             (integers[static_cast<size_t>(r * kColumns + column)] - zero_point);
    }
    return static_cast<double>(sum) * x.scale * scales[static_cast<size_t>(column)];
  }
};

std::vector<int> Integers(int64_t count, int factor, int low, int high) {
  std::vector<int> result;
  for (int64_t i = 0; i < count; ++i) {
    result.push_back(low + (static_cast<int>(i) * factor + 11) % (high - low + 1));
  }
  return result;
}

double Sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// The states h of all steps, [t, n, h], of one direction that begins with zeros and has no bias.
std::vector<double> ExpectedStates(const std::vector<double>& x, const Weights& w, const Weights& r,
                                   bool reversed) {
  const Quantized input = Quantize(x);
  std::vector<double> h(kSequences * kHidden, 0), c = h, all(kSteps * kSequences * kHidden);
  for (int64_t step = 0; step < kSteps; ++step) {
    const int64_t t = reversed ? kSteps - 1 - step : step;
    const Quantized state = Quantize(h);
    for (size_t n = 0; n < kSequences; ++n) {
      const size_t row = static_cast<size_t>(t) * kSequences + n;
      for (int64_t k = 0; k < kHidden; ++k) {
        const auto gate = [&](int64_t g) {
          return w.Product(input, row, g * kHidden + k) + r.Product(state, n, g * kHidden + k);
        };
        const size_t at = n * kHidden + static_cast<size_t>(k);
        c[at] = Sigmoid(gate(2)) * c[at] + Sigmoid(gate(0)) * std::tanh(gate(3));
        h[at] = Sigmoid(gate(1)) * std::tanh(c[at]);
        all[row * kHidden + static_cast<size_t>(k)] = h[at];
      }
    }
  }
  return all;
}

onnx::NodeProto* AddLstm(TestOnnx* test, const std::string& direction) {
  onnx::NodeProto* node = test->Node(
      "DynamicQuantizeLSTM", {"x", "w", "r", "", "", "", "", "", "sw", "zw", "sr", "zr"}, {"y"});
  node->set_domain("com.microsoft");
  TestOnnx::SetInt(node, "hidden_size", kHidden);
  TestOnnx::Attribute(node, "direction", onnx::AttributeProto::STRING)->set_s(direction);
  return node;
}

std::vector<double> SampleInput() {
  std::vector<double> x;
  for (int i = 0; i < kSteps * kSequences * kInput; ++i) {
    x.push_back(static_cast<float>(std::sin(1.7 * i) + 0.2));
  }
  return x;
}

HostTensor InputTensor(const std::vector<double>& x) {
  return HostTensor::FromVector(DType::kFloat32, {kSteps, kSequences, kInput},
                                std::vector<float>(x.begin(), x.end()));
}

TEST(OnnxQuantizedLstm, OneScaleForEachDirection) {
  TestOnnx test;
  test.Input("x", {kSteps, kSequences, kInput});
  const std::vector<int> w = Integers(2 * kInput * kColumns, 37, -128, 127);
  const std::vector<int> r = Integers(2 * kHidden * kColumns, 53, -128, 127);
  test.Small("w", {2, kInput, kColumns}, Proto::INT8, w);
  test.Small("r", {2, kHidden, kColumns}, Proto::INT8, r);
  test.Floats("sw", {2}, {0.01f, 0.02f});
  test.Small("zw", {2}, Proto::INT8, {0, 3});
  test.Floats("sr", {2}, {0.03f, 0.015f});
  test.Small("zr", {2}, Proto::INT8, {0, 0});
  AddLstm(&test, "bidirectional");
  test.Output("y");
  const std::vector<double> x = SampleInput();
  const HostTensor y = ExpectOutputs(test.Import(), {InputTensor(x)})[0];
  ASSERT_EQ(y.shape(), (Shape{kSteps, 2, kSequences, kHidden}));
  for (int64_t d = 0; d < 2; ++d) {
    const Weights input = {
        {w.begin() + d * kInput * kColumns, w.begin() + (d + 1) * kInput * kColumns},
        std::vector<float>(kColumns, d == 0 ? 0.01f : 0.02f),
        d == 0 ? 0 : 3};
    const Weights state = {
        {r.begin() + d * kHidden * kColumns, r.begin() + (d + 1) * kHidden * kColumns},
        std::vector<float>(kColumns, d == 0 ? 0.03f : 0.015f),
        0};
    const std::vector<double> expected = ExpectedStates(x, input, state, d == 1);
    for (int64_t t = 0; t < kSteps; ++t) {
      for (int64_t i = 0; i < kSequences * kHidden; ++i) {
        EXPECT_NEAR(y.f32()[(t * 2 + d) * kSequences * kHidden + i],
                    expected[static_cast<size_t>(t * kSequences * kHidden + i)], 1e-6)
            << "direction " << d << ", step " << t << ", element " << i;
      }
    }
  }
}

TEST(OnnxQuantizedLstm, OneScaleForEachColumn) {
  TestOnnx test;
  test.Input("x", {kSteps, kSequences, kInput});
  const Weights w = {Integers(kInput * kColumns, 91, 0, 255),
                     {0.01f, 0.02f, 0.005f, 0.03f, 0.011f, 0.012f, 0.013f, 0.014f},
                     128};
  const Weights r = {Integers(kHidden * kColumns, 29, 0, 255),
                     {0.02f, 0.01f, 0.025f, 0.003f, 0.021f, 0.022f, 0.003f, 0.004f},
                     120};
  test.Small("w", {1, kInput, kColumns}, Proto::UINT8, w.integers);
  test.Small("r", {1, kHidden, kColumns}, Proto::UINT8, r.integers);
  test.Floats("sw", {1, kColumns}, w.scales);
  test.Small("zw", {1, kColumns}, Proto::UINT8, std::vector<int>(kColumns, w.zero_point));
  test.Floats("sr", {1, kColumns}, r.scales);
  test.Small("zr", {1, kColumns}, Proto::UINT8, std::vector<int>(kColumns, r.zero_point));
  AddLstm(&test, "reverse");
  test.Output("y");
  const std::vector<double> x = SampleInput();
  const HostTensor y = ExpectOutputs(test.Import(), {InputTensor(x)})[0];
  const std::vector<double> expected = ExpectedStates(x, w, r, true);
  ASSERT_EQ(y.shape().elements(), static_cast<int64_t>(expected.size()));
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(y.f32()[i], expected[i], 1e-6) << i;
}

TEST(OnnxQuantizedLstm, LengthsAreRefusedByName) {
  TestOnnx test;
  test.Input("x", {kSteps, kSequences, kInput});
  test.Small("w", {1, kInput, kColumns}, Proto::INT8, Integers(kInput * kColumns, 37, -128, 127));
  test.Small("r", {1, kHidden, kColumns}, Proto::INT8, Integers(kHidden * kColumns, 5, -9, 9));
  test.Floats("sw", {1}, {0.01f});
  test.Small("zw", {1}, Proto::INT8, {0});
  test.Floats("sr", {1}, {0.03f});
  test.Small("zr", {1}, Proto::INT8, {0});
  test.Small("lengths", {kSequences}, Proto::INT32, {4, 2});
  onnx::NodeProto* node = AddLstm(&test, "forward");
  node->set_input(4, "lengths");
  test.Output("y");
  EXPECT_NE(test.Complaint().find("sequence_lens"), std::string::npos) << test.Complaint();
}

}  // namespace
}  // namespace mace
