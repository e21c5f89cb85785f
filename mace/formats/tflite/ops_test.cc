// What TensorFlow Lite's operators give, as numbers that were worked out by hand.
#include <gtest/gtest.h>

#include <cmath>

#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_tflite.h"

namespace mace {
namespace {

using Numbers = std::vector<float>;

HostTensor Floats(const Shape& shape, Numbers values) {
  return HostTensor::FromVector(DType::kFloat32, shape, std::move(values));
}

TEST(TfliteOps, ConvolutionHasItsFilterWithOutputChannelsFirst) {
  TestTflite test;
  const int x = test.Input("x", {1, 2, 2, 2}), y = test.Tensor("y", {1, 2, 2, 3});
  // Output channel k is (k + 1) * x0 + x1, and then its bias.
  const int w = test.Floats("w", {3, 1, 1, 2}, {1, 1, 2, 1, 3, 1});
  const int b = test.Floats("b", {3}, {0, -10, 100});
  test.Op(tflite::BuiltinOperator_CONV_2D, {x, w, b}, {y}, tflite::BuiltinOptions_Conv2DOptions,
          tflite::CreateConv2DOptions(test.fbb(), tflite::Padding_SAME, 1, 1,
                                      tflite::ActivationFunctionType_RELU6)
              .Union());
  test.Output(y);
  const auto out = ExpectOutputs(test.Import(), {Floats({1, 2, 2, 2}, {1, 1, 0, 1, 5, 2, -9, 0})});
  EXPECT_EQ(ToFloatVector(out[0]), (Numbers{2, 0, 6, 1, 0, 6, 6, 2, 6, 0, 0, 6}));
}

TEST(TfliteOps, DepthwiseMultipliesEachChannel) {
  TestTflite test;
  const int x = test.Input("x", {1, 1, 2, 2}), y = test.Tensor("y", {1, 1, 1, 4});
  // [1, h, w, channels * multiplier]: channel 0 makes outputs 0 and 1.
  const int w = test.Floats("w", {1, 1, 2, 4}, {1, 2, 3, 4, 10, 20, 30, 40});
  test.Op(tflite::BuiltinOperator_DEPTHWISE_CONV_2D, {x, w}, {y},
          tflite::BuiltinOptions_DepthwiseConv2DOptions,
          tflite::CreateDepthwiseConv2DOptions(test.fbb(), tflite::Padding_VALID, 1, 1, 2).Union());
  test.Output(y);
  const auto out = ExpectOutputs(test.Import(), {Floats({1, 1, 2, 2}, {1, 2, 3, 4})});
  EXPECT_EQ(ToFloatVector(out[0]), (Numbers{31, 62, 126, 168}));
}

TEST(TfliteOps, FullyConnectedLaysRowsFlatOrKeepsTheAxes) {
  for (const bool keeps : {false, true}) {
    TestTflite test;
    const int x = test.Input("x", {2, 1, 2}), y = test.Tensor("y", {2, 3});
    const int w = test.Floats("w", {3, 2}, {1, 0, 0, 1, 1, 1});
    const int b = test.Floats("b", {3}, {0, 0, 10});
    test.Op(tflite::BuiltinOperator_FULLY_CONNECTED, {x, w, b}, {y},
            tflite::BuiltinOptions_FullyConnectedOptions,
            tflite::CreateFullyConnectedOptions(test.fbb(), tflite::ActivationFunctionType_NONE,
                                                tflite::FullyConnectedOptionsWeightsFormat_DEFAULT,
                                                keeps)
                .Union());
    test.Output(y);
    const auto out = ExpectOutputs(test.Import(), {Floats({2, 1, 2}, {1, 2, 3, 4})});
    EXPECT_EQ(ToFloatVector(out[0]), (Numbers{1, 2, 13, 3, 4, 17}));
    EXPECT_EQ(out[0].shape(), keeps ? (Shape{2, 1, 3}) : (Shape{2, 3}));
  }
}

TEST(TfliteOps, TransposedConvolutionTakesItsShape) {
  TestTflite test;
  const int shape = test.Ints("shape", {1, 1, 4, 1});
  const int w = test.Floats("w", {1, 1, 2, 1}, {1, 10});
  const int x = test.Input("x", {1, 1, 2, 1}), y = test.Tensor("y", {1, 1, 4, 1});
  test.Op(tflite::BuiltinOperator_TRANSPOSE_CONV, {shape, w, x}, {y},
          tflite::BuiltinOptions_TransposeConvOptions,
          tflite::CreateTransposeConvOptions(test.fbb(), tflite::Padding_VALID, 2, 1).Union());
  test.Output(y);
  const auto out = ExpectOutputs(test.Import(), {Floats({1, 1, 2, 1}, {3, 4})});
  EXPECT_EQ(ToFloatVector(out[0]), (Numbers{3, 30, 4, 40}));
}

TEST(TfliteOps, L2NormalizationAndSoftmaxBeta) {
  TestTflite test;
  const int x = test.Input("x", {2, 2}), y = test.Tensor("y", {2, 2}), z = test.Tensor("z", {2, 2});
  test.Op(tflite::BuiltinOperator_L2_NORMALIZATION, {x}, {y});
  test.Op(tflite::BuiltinOperator_SOFTMAX, {x}, {z}, tflite::BuiltinOptions_SoftmaxOptions,
          tflite::CreateSoftmaxOptions(test.fbb(), 2.0f).Union());
  test.Output(y);
  test.Output(z);
  const auto out = ExpectOutputs(test.Import(), {Floats({2, 2}, {3, 4, 0, 0})});
  EXPECT_EQ(ToFloatVector(out[0]), (Numbers{0.6f, 0.8f, 0, 0}));
  EXPECT_NEAR(ToFloatVector(out[1])[1], 1 / (1 + std::exp(-2.0)), 1e-6);
  EXPECT_FLOAT_EQ(ToFloatVector(out[1])[2], 0.5f);
}

TEST(TfliteOps, ReshapeTakesItsShapeFromWhereverItIs) {
  for (int form = 0; form < 3; ++form) {
    TestTflite test;
    const int x = test.Input("x", {2, 3}), y = test.Tensor("y", {3, 2});
    const int shape = test.Ints("shape", {3, -1});
    const std::vector<int32_t> dims = {3, 2};
    const auto option = tflite::CreateReshapeOptionsDirect(test.fbb(), &dims).Union();
    if (form == 0) test.Op(tflite::BuiltinOperator_RESHAPE, {x, shape}, {y});
    if (form == 1) test.Op(tflite::BuiltinOperator_RESHAPE, {x}, {y});
    if (form == 2) {
      test.Op(tflite::BuiltinOperator_RESHAPE, {x}, {y}, tflite::BuiltinOptions_ReshapeOptions,
              option);
    }
    test.Output(y);
    const auto out = ExpectOutputs(test.Import(), {Floats({2, 3}, {1, 2, 3, 4, 5, 6})});
    EXPECT_EQ(out[0].shape(), (Shape{3, 2})) << form;
  }
}

TEST(TfliteOps, AHalfConstantIsWidened) {
  TestTflite test;
  const int x = test.Input("x", {2}), wide = test.Tensor("wide", {2}), y = test.Tensor("y", {2});
  const int half = test.Constant<uint16_t>("half", {2}, tflite::TensorType_FLOAT16,
                                           {0x3C00, 0xC100});  // 1 and -2.5.
  test.Op(tflite::BuiltinOperator_DEQUANTIZE, {half}, {wide});
  test.Op(tflite::BuiltinOperator_ADD, {x, wide}, {y});
  test.Output(y);
  const auto out = ExpectOutputs(test.Import(), {Floats({2}, {1, 1})});
  EXPECT_EQ(ToFloatVector(out[0]), (Numbers{2, -1.5f}));
}

// One step of an LSTM of one cell, whose gates see x alone: c = sigmoid(i) * tanh(g).
TEST(TfliteOps, SequenceLstm) {
  TestTflite test;
  const int x = test.Input("x", {1, 2, 1}), y = test.Tensor("y", {1, 2, 1});
  std::vector<int32_t> inputs = {x};
  for (float weight : {1.0f, 2.0f, 3.0f, 4.0f})
    inputs.push_back(test.Floats("w", {1, 1}, {weight}));
  for (int i = 0; i < 4; ++i) inputs.push_back(test.Floats("r", {1, 1}, {0.5f}));
  inputs.insert(inputs.end(), {-1, -1, -1});
  for (float bias : {0.1f, 0.2f, 0.3f, 0.4f}) inputs.push_back(test.Floats("b", {1}, {bias}));
  test.Op(tflite::BuiltinOperator_UNIDIRECTIONAL_SEQUENCE_LSTM, inputs, {y},
          tflite::BuiltinOptions_UnidirectionalSequenceLSTMOptions,
          tflite::CreateUnidirectionalSequenceLSTMOptions(test.fbb(),
                                                          tflite::ActivationFunctionType_TANH)
              .Union());
  test.Output(y);
  const Numbers xs = {0.5f, -1};
  const auto out = ExpectOutputs(test.Import(), {Floats({1, 2, 1}, xs)});
  const auto sigmoid = [](double v) { return 1 / (1 + std::exp(-v)); };
  double h = 0, c = 0;
  for (size_t t = 0; t < xs.size(); ++t) {
    const double v = double{xs[t]}, r = 0.5 * h;
    c = sigmoid(2 * v + r + 0.2) * c + sigmoid(v + r + 0.1) * std::tanh(3 * v + r + 0.3);
    h = sigmoid(4 * v + r + 0.4) * std::tanh(c);
    EXPECT_NEAR(double{ToFloatVector(out[0])[t]}, h, 1e-6) << t;
  }
}

}  // namespace
}  // namespace mace
