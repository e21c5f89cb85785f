// Quantized TensorFlow Lite models: integers in and out, exact sums, halves away from zero.
#include <gtest/gtest.h>

#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_tflite.h"

namespace mace {
namespace {

using Integers = std::vector<int64_t>;
using Scaled = TestTflite::Scaled;

template <typename T>
HostTensor Tensor(DType dtype, const Shape& shape, std::vector<T> values) {
  return HostTensor::FromVector(dtype, shape, std::move(values));
}

TEST(TfliteQuantized, AddRoundsHalvesAwayFromZeroAndClamps) {
  TestTflite test;
  const Scaled by{{0.5f}, {0}}, coarse{{1.0f}, {10}};
  const int a = test.Input("a", {6}, tflite::TensorType_INT8, by);
  const int b = test.Input("b", {6}, tflite::TensorType_INT8, by);
  const int y = test.Tensor("y", {6}, tflite::TensorType_INT8, coarse);
  test.Op(tflite::BuiltinOperator_ADD, {a, b}, {y});
  test.Output(y);
  const auto out =
      ExpectOutputs(test.Import(), {Tensor<int8_t>(DType::kInt8, {6}, {1, -1, 3, -3, 127, -128}),
                                    Tensor<int8_t>(DType::kInt8, {6}, {0, 0, 2, -2, 127, -128})});
  EXPECT_EQ(out[0].dtype(), DType::kInt8);
  // 0.5, -0.5, 2.5, -2.5, 127, -128 in steps of 1 from 10.
  EXPECT_EQ(ToInt64Vector(out[0]), (Integers{11, 9, 13, 7, 127, -118}));
}

TEST(TfliteQuantized, ConvolutionHasScalesOfChannelsAndIntegersAsBias) {
  TestTflite test;
  const int x = test.Input("x", {1, 1, 1, 2}, tflite::TensorType_UINT8, {{0.5f}, {128}});
  const int w = test.Constant<int8_t>("w", {2, 1, 1, 2}, tflite::TensorType_INT8, {1, 2, 3, -4},
                                      {{1.0f, 2.0f}, {0, 0}, 0});
  const int b = test.Constant<int32_t>("b", {2}, tflite::TensorType_INT32, {4, -5});
  const int y = test.Tensor("y", {1, 1, 1, 2}, tflite::TensorType_UINT8, {{0.25f}, {3}});
  test.Op(tflite::BuiltinOperator_CONV_2D, {x, w, b}, {y}, tflite::BuiltinOptions_Conv2DOptions,
          tflite::CreateConv2DOptions(test.fbb(), tflite::Padding_VALID, 1, 1,
                                      tflite::ActivationFunctionType_RELU)
              .Union());
  test.Output(y);
  const auto out =
      ExpectOutputs(test.Import(), {Tensor<uint8_t>(DType::kUInt8, {1, 1, 1, 2}, {130, 131})});
  // Steps 2 and 3. Channel 0: (1 * 2 + 2 * 3 + 4) * 0.5 = 6; channel 1 is negative.
  EXPECT_EQ(ToInt64Vector(out[0]), (Integers{27, 3}));
}

TEST(TfliteQuantized, ElementsThatMoveKeepTheirIntegers) {
  TestTflite test;
  const Scaled by{{0.1f}, {-7}};
  const int x = test.Input("x", {1, 2, 2, 1}, tflite::TensorType_INT8, by);
  const int y = test.Tensor("y", {4}, tflite::TensorType_INT8, by);
  test.Op(tflite::BuiltinOperator_RESHAPE, {x}, {y});
  test.Output(y);
  const auto out = ExpectOutputs(test.Import(),
                                 {Tensor<int8_t>(DType::kInt8, {1, 2, 2, 1}, {-128, -1, 0, 127})});
  EXPECT_EQ(ToInt64Vector(out[0]), (Integers{-128, -1, 0, 127}));
}

TEST(TfliteQuantized, QuantizeAndDequantizeStandAtTheBorders) {
  TestTflite test;
  const int x = test.Input("x", {5}),
            q = test.Tensor("q", {5}, tflite::TensorType_INT16, {{0.5f}, {0}});
  const int y = test.Tensor("y", {5});
  test.Op(tflite::BuiltinOperator_QUANTIZE, {x}, {q});
  test.Op(tflite::BuiltinOperator_DEQUANTIZE, {q}, {y});
  test.Output(y);
  const auto out = ExpectOutputs(
      test.Import(), {Tensor<float>(DType::kFloat32, {5}, {0.25f, -0.25f, 0.2f, 1e6f, -1e6f})});
  EXPECT_EQ(ToFloatVector(out[0]), (std::vector<float>{0.5f, -0.5f, 0, 16383.5f, -16384}));
}

TEST(TfliteQuantized, AnAverageRoundsTheIntegersAwayFromZero) {
  TestTflite test;
  const Scaled by{{0.1f}, {-20}};
  const int x = test.Input("x", {1, 1, 8, 1}, tflite::TensorType_INT8, by);
  const int y = test.Tensor("y", {1, 1, 4, 1}, tflite::TensorType_INT8, by);
  test.Op(tflite::BuiltinOperator_AVERAGE_POOL_2D, {x}, {y}, tflite::BuiltinOptions_Pool2DOptions,
          tflite::CreatePool2DOptions(test.fbb(), tflite::Padding_VALID, 2, 1, 2, 1).Union());
  test.Output(y);
  const auto out =
      ExpectOutputs(test.Import(),
                    {Tensor<int8_t>(DType::kInt8, {1, 1, 8, 1}, {1, 2, -1, -2, 3, 5, -128, -127})});
  // The means are 1.5, -1.5, 4 and -127.5, whatever the zero point is.
  EXPECT_EQ(ToInt64Vector(out[0]), (Integers{2, -2, 4, -128}));
}

// 6 is no whole number of steps of 0.7: the bound of RELU6 is 9 steps, which are 6.3.
TEST(TfliteQuantized, TheBoundOfAFusedActivationIsRounded) {
  TestTflite test;
  const Scaled by{{0.7f}, {-20}};
  const int x = test.Input("x", {1, 1, 4, 1}, tflite::TensorType_INT8, by);
  const int most = test.Tensor("most", {1, 1, 2, 1}, tflite::TensorType_INT8, by);
  const int y = test.Tensor("y", {1, 1, 2, 1});
  test.Op(tflite::BuiltinOperator_MAX_POOL_2D, {x}, {most}, tflite::BuiltinOptions_Pool2DOptions,
          tflite::CreatePool2DOptions(test.fbb(), tflite::Padding_VALID, 2, 1, 2, 1,
                                      tflite::ActivationFunctionType_RELU6)
              .Union());
  test.Op(tflite::BuiltinOperator_DEQUANTIZE, {most}, {y});
  test.Output(y);
  const auto out = ExpectOutputs(
      test.Import(), {Tensor<int8_t>(DType::kInt8, {1, 1, 4, 1}, {-128, 127, -18, -16})});
  EXPECT_FLOAT_EQ(ToFloatVector(out[0])[0], 6.3f);
  EXPECT_FLOAT_EQ(ToFloatVector(out[0])[1], 2.8f);
}

// A constant of floats beside quantized elements holds reals that lie between two steps.
TEST(TfliteQuantized, FloatsThatAreChosenAreRounded) {
  TestTflite test;
  const Scaled by{{0.5f}, {0}};
  const int x = test.Input("x", {2}, tflite::TensorType_INT8, by);
  const int c = test.Floats("c", {2}, {1.3f, -9});
  const int most = test.Tensor("most", {2}, tflite::TensorType_INT8, by);
  const int y = test.Tensor("y", {2});
  test.Op(tflite::BuiltinOperator_MAXIMUM, {x, c}, {most});
  test.Op(tflite::BuiltinOperator_DEQUANTIZE, {most}, {y});
  test.Output(y);
  const auto out = ExpectOutputs(test.Import(), {Tensor<int8_t>(DType::kInt8, {2}, {1, 1})});
  EXPECT_EQ(ToFloatVector(out[0]), (std::vector<float>{1.5f, 0.5f}));
}

TEST(TfliteQuantized, IntegersOf16BitsWithoutAScaleMoveAndAreNotComputed) {
  TestTflite moved;
  int x = moved.Input("x", {2}, tflite::TensorType_INT16);
  int y = moved.Tensor("y", {2, 1}, tflite::TensorType_INT16);
  moved.Op(tflite::BuiltinOperator_RESHAPE, {x}, {y});
  moved.Output(y);
  const auto out =
      ExpectOutputs(moved.Import(), {Tensor<int32_t>(DType::kInt32, {2}, {-32768, 32767})});
  EXPECT_EQ(ToInt64Vector(out[0]), (Integers{-32768, 32767}));
  TestTflite computed;
  x = computed.Input("x", {2}, tflite::TensorType_INT16);
  y = computed.Tensor("y", {2}, tflite::TensorType_INT16);
  computed.Op(tflite::BuiltinOperator_ADD, {x, x}, {y});
  computed.Output(y);
  const std::string message = computed.Import().status().message();
  EXPECT_NE(message.find("result: expected a scale for numbers of INT16 that are computed"),
            std::string::npos)
      << message;
}

TEST(TfliteQuantized, RefusesScalesThatDoNotFit) {
  struct Wrong {
    Scaled by;
    std::string says;
  };
  for (const Wrong& wrong :
       {Wrong{{{0.5f, 0.5f, 0.5f}, {0, 0, 0}, 0}, "a scale for each place"},
        Wrong{{{0.5f, 0.5f}, {0, 0}, 0}, "one scale above 0"},
        Wrong{{{-1.0f}, {0}}, "scales of 0 or more"}, Wrong{{{0.0f}, {0}}, "one scale above 0"},
        Wrong{{{1.0f}, {300}}, "a zero point of the type's integers"}}) {
    TestTflite test;
    const int x = test.Input("x", {2}),
              y = test.Tensor("y", {2}, tflite::TensorType_INT8, wrong.by);
    test.Op(tflite::BuiltinOperator_QUANTIZE, {x}, {y});
    test.Output(y);
    const std::string message = test.Import().status().message();
    EXPECT_NE(message.find(wrong.says), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace mace
