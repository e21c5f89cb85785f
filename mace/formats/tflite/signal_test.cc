// TensorFlow Lite's Fourier transform and complex numbers.
#include <gtest/gtest.h>

#include <string>

#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_numbers.h"
#include "mace/testing/formats/test_tflite.h"

namespace mace {
namespace {

// |x0 + x1 + x2 + x3|, |(x0 - x2) - (x1 - x3)i| and |x0 - x1 + x2 - x3| of each row.
TEST(TfliteSignal, MagnitudesOfRows) {
  TestTflite test;
  const int x = test.Input("x", {2, 1, 4});
  const int length = test.Constant<int32_t>("length", {2}, tflite::TensorType_INT32, {1, 4});
  const int spectrum = test.Tensor("spectrum", {2, 1, 3}, tflite::TensorType_COMPLEX64);
  test.Op(tflite::BuiltinOperator_RFFT2D, {x, length}, {spectrum});
  const int dims = test.Constant<int32_t>("dims", {2}, tflite::TensorType_INT32, {2, 3});
  const int rows = test.Tensor("rows", {2, 3}, tflite::TensorType_COMPLEX64);
  test.Op(tflite::BuiltinOperator_RESHAPE, {spectrum, dims}, {rows});
  const int size = test.Tensor("size", {2, 3}), real = test.Tensor("real", {2, 3});
  const int imaginary = test.Tensor("imaginary", {2, 3});
  test.Op(tflite::BuiltinOperator_COMPLEX_ABS, {rows}, {size});
  test.Op(tflite::BuiltinOperator_REAL, {rows}, {real});
  test.Op(tflite::BuiltinOperator_IMAG, {rows}, {imaginary});
  for (int output : {size, real, imaginary}) test.Output(output);
  const std::vector<HostTensor> y = ExpectOutputs(
      test.Import(),
      {HostTensor::FromVector<float>(DType::kFloat32, Shape{2, 1, 4}, {4, 0, 1, 4, 1, 1, 1, 1})});
  EXPECT_EQ((Shape{2, 3}), y[0].shape());
  ExpectNear({9, 5, 1, 4, 0, 0}, y[0], 1e-5);
  ExpectNear({9, 3, 1, 4, 0, 0}, y[1], 1e-5);
  ExpectNear({0, 4, 0, 0, 0, 0}, y[2], 1e-5);
}

TEST(TfliteSignal, ComplexNumbersAreRefusedWhereTheyMeanNothing) {
  TestTflite op;
  const int x = op.Input("x", {1, 4});
  const int length = op.Constant<int32_t>("length", {2}, tflite::TensorType_INT32, {1, 4});
  const int spectrum = op.Tensor("spectrum", {1, 3}, tflite::TensorType_COMPLEX64);
  op.Op(tflite::BuiltinOperator_RFFT2D, {x, length}, {spectrum});
  const int y = op.Tensor("y", {1, 3}, tflite::TensorType_COMPLEX64);
  op.Op(tflite::BuiltinOperator_TANH, {spectrum}, {y});
  op.Output(y);
  const std::string refusal = op.Import().status().message();
  EXPECT_NE(refusal.find("complex numbers"), std::string::npos) << refusal;
  TestTflite place;
  const int a = place.Input("a", {1, 4});
  const int b = place.Tensor("b", {1, 4}, tflite::TensorType_COMPLEX64);
  const int dims = place.Constant<int32_t>("dims", {2}, tflite::TensorType_INT32, {1, 4});
  place.Op(tflite::BuiltinOperator_RESHAPE, {a, dims}, {b});
  place.Output(b);
  const std::string other = place.Import().status().message();
  EXPECT_NE(other.find("expected complex numbers where the operator has them"), std::string::npos)
      << other;
}

}  // namespace
}  // namespace mace
