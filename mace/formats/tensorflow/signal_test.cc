// TensorFlow's Fourier transforms, its complex numbers, and numbers put into bins.
#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <limits>

#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_numbers.h"
#include "mace/testing/formats/test_tensorflow.h"

namespace mace {
namespace {

constexpr double kTurn = 6.28318530717958647692;
using Complex = std::complex<double>;

// The spectrum of rows [h, w] at (v, u), by its definition.
Complex SpectrumAt(const HostTensor& x, int64_t h, int64_t w, int64_t v, int64_t u) {
  Complex sum = 0;
  for (int64_t i = 0; i < h * w; ++i) {
    const double turns = static_cast<double>(i / w * v) / static_cast<double>(h) +
                         static_cast<double>(i % w * u) / static_cast<double>(w);
    sum += double{x.f32()[i]} * std::exp(Complex(0, -kTurn * turns));
  }
  return sum;
}

// The node computes with complex numbers.
tf::NodeDef* ComplexNode(TestTf* test, const std::string& op, const std::string& name,
                         const std::vector<std::string>& inputs) {
  tf::NodeDef* node = test->Node(op, name, inputs);
  TestTf::Type(node, "T", tf::DT_COMPLEX64);
  return node;
}

TEST(TfSignal, MagnitudesAndPartsOfASpectrum) {
  const HostTensor x = SineNumbers({6}, 1);
  TestTf test;
  test.Input("x", {6});
  test.Ints("length", {6});
  test.Node("RFFT", "spectrum", {"x", "length"});  // Its types have defaults.
  test.Node("ComplexAbs", "size", {"spectrum"});
  test.Node("Real", "real", {"spectrum"});
  test.Node("Imag", "imaginary", {"spectrum"});
  std::vector<double> size, real, imaginary;
  for (int64_t u = 0; u < 4; ++u) {
    const Complex value = SpectrumAt(x, 1, 6, 0, u);
    size.push_back(std::abs(value));
    real.push_back(value.real());
    imaginary.push_back(value.imag());
  }
  const std::vector<HostTensor> y = ExpectOutputs(test.Import(), {x});
  EXPECT_EQ(Shape{4}, y[0].shape());
  ExpectNear(size, y[0], 1e-5);
  ExpectNear(real, y[1], 1e-5);
  ExpectNear(imaginary, y[2], 1e-5);
}

TEST(TfSignal, TwoAxesThereAndBack) {
  const HostTensor x = SineNumbers({2, 3, 4}, 1);
  TestTf test;
  test.Input("x", {2, 3, 4});
  test.Ints("length", {3, 4});
  test.Node("RFFT2D", "spectrum", {"x", "length"});
  test.Node("Real", "real", {"spectrum"});
  test.Node("IRFFT2D", "again", {"spectrum", "length"});
  std::vector<double> real, again;
  for (int64_t i = 0; i < 9; ++i) real.push_back(SpectrumAt(x, 3, 4, i / 3, i % 3).real());
  for (int64_t i = 0; i < 24; ++i) again.push_back(double{x.f32()[i]});
  const std::vector<HostTensor> y = ExpectOutputs(test.Import(), {x});
  ASSERT_EQ((Shape{2, 3, 3}), y[0].shape());
  for (size_t i = 0; i < 9; ++i) EXPECT_NEAR(real[i], y[0].f32()[i], 1e-5) << i;
  ExpectNear(again, y[1], 1e-5);
}

// (x FFT) * conj(x FFT) + a real number, reshaped, and back by IFFT: the real part is the circular
// correlation of x with itself, and the real number at 0.
TEST(TfSignal, ArithmeticOnComplexNumbers) {
  TestTf test;
  test.Input("x", {1, 3});
  TestTf::Type(test.Node("Cast", "c", {"x"}), "DstT", tf::DT_COMPLEX64);
  tf::TensorProto* one = test.Const("i", {1}, tf::DT_COMPLEX64);
  for (float part : {1.0f, 0.0f}) one->add_scomplex_val(part);
  test.Node("FFT", "f", {"c"});
  test.Node("Conj", "g", {"f"});
  ComplexNode(&test, "Mul", "p", {"f", "g"});
  ComplexNode(&test, "AddV2", "q", {"p", "i"});
  test.Ints("dims", {-1});
  ComplexNode(&test, "Reshape", "r", {"q", "dims"});
  test.Node("IFFT", "s", {"r"});
  test.Node("Real", "y", {"s"});
  const HostTensor x = HostTensor::FromVector<float>(DType::kFloat32, Shape{1, 3}, {1, 2, 4});
  const std::vector<HostTensor> y = ExpectOutputs(test.Import(), {x});
  EXPECT_EQ(Shape{3}, y[0].shape());
  ExpectNear({1 + 4 + 16 + 1, 2 + 8 + 4, 4 + 2 + 8}, y[0], 1e-4);
}

TEST(TfSignal, ExponentialOfComplexNumbers) {
  TestTf test;
  test.Input("a", {2});
  test.Input("b", {2});
  test.Node("Complex", "c", {"a", "b"});
  ComplexNode(&test, "Exp", "e", {"c"});
  test.Node("Real", "x", {"e"});
  test.Node("Imag", "y", {"e"});
  const auto y = ExpectOutputs(
      test.Import(), {HostTensor::FromVector<float>(DType::kFloat32, Shape{2}, {0, 1}),
                      HostTensor::FromVector<float>(DType::kFloat32, Shape{2}, {0.5f, -2})});
  const Complex first = std::exp(Complex(0, 0.5)), second = std::exp(Complex(1, -2));
  ExpectNear({first.real(), second.real()}, y[0], 1e-5);
  ExpectNear({first.imag(), second.imag()}, y[1], 1e-5);
}

// The imaginary part is one number for all; the axis in the middle goes, counted from the end.
TEST(TfSignal, PartsThatBroadcastAndAnAxisThatGoes) {
  TestTf test;
  test.Input("x", {2, 1, 2});
  test.Floats("i", {}, {3});
  test.Node("Complex", "c", {"x", "i"});
  tf::NodeDef* squeeze = ComplexNode(&test, "Squeeze", "s", {"c"});
  TestTf::List(squeeze, "squeeze_dims", {-2});
  test.Node("ComplexAbs", "y", {"s"});
  const std::vector<HostTensor> y = ExpectOutputs(
      test.Import(),
      {HostTensor::FromVector<float>(DType::kFloat32, Shape{2, 1, 2}, {4, 0, -4, 3})});
  EXPECT_EQ((Shape{2, 2}), y[0].shape());
  ExpectNear({5, 3, 5, std::sqrt(18.0)}, y[0], 1e-5);
}

// spectrum[..., 1:3], where the slice does not know of the axis with the parts.
TEST(TfSignal, PartOfASpectrum) {
  const HostTensor x = SineNumbers({2, 6}, 1);
  TestTf test;
  test.Input("x", {2, 6});
  test.Ints("length", {6});
  test.Node("RFFT", "spectrum", {"x", "length"});
  test.Ints("begin", {0, 1});
  test.Ints("end", {0, 3});
  test.Ints("strides", {1, 1});
  tf::NodeDef* slice =
      ComplexNode(&test, "StridedSlice", "part", {"spectrum", "begin", "end", "strides"});
  (*slice->mutable_attr())["ellipsis_mask"].set_i(1);
  test.Node("Imag", "y", {"part"});
  const std::vector<HostTensor> y = ExpectOutputs(test.Import(), {x});
  ASSERT_EQ((Shape{2, 2}), y[0].shape());
  EXPECT_NEAR(SpectrumAt(x, 1, 6, 0, 1).imag(), y[0].f32()[0], 1e-5);
  EXPECT_NEAR(SpectrumAt(x, 1, 6, 0, 2).imag(), y[0].f32()[1], 1e-5);
}

TEST(TfSignal, ComplexNumbersAreRefusedWhereTheyMeanNothing) {
  TestTf output;
  output.Input("x", {4});
  output.Ints("length", {4});
  output.Node("RFFT", "y", {"x", "length"});
  EXPECT_NE(output.Import().status().message().find("output 'y': complex numbers"),
            std::string::npos)
      << output.Import().status().message();
  TestTf op;
  op.Input("x", {4});
  op.Ints("length", {4});
  op.Node("RFFT", "f", {"x", "length"});
  ComplexNode(&op, "Tanh", "t", {"f"});
  op.Node("Real", "y", {"t"});
  EXPECT_NE(op.Import().status().message().find("node 't' (Tanh): complex numbers"),
            std::string::npos)
      << op.Import().status().message();
}

TEST(TfBins, TheBinOfANumber) {
  TestTf test;
  test.Input("x", {5});
  tf::NodeDef* node = test.Node("Bucketize", "y", {"x"});
  for (float boundary : {-1.0f, 0.5f}) {
    (*node->mutable_attr())["boundaries"].mutable_list()->add_f(boundary);
  }
  const HostTensor x = HostTensor::FromVector<float>(
      DType::kFloat32, Shape{5}, {-2, -1, 0, 0.5f, std::numeric_limits<float>::quiet_NaN()});
  EXPECT_EQ((std::vector<int64_t>{0, 1, 1, 2, 2}),
            ToInt64Vector(ExpectOutputs(test.Import(), {x})[0]));
}

TEST(TfBins, CountsWeightsAndWhetherThereIsOne) {
  TestTf test;
  test.Input("x", {2, 3}, tf::DT_INT32);
  test.Input("w", {2, 3});
  test.Ints("bins", {3});
  test.Floats("none", {0}, {});
  test.Node("DenseBincount", "counts", {"x", "bins", "none"});
  test.Node("DenseBincount", "sums", {"x", "bins", "w"});
  tf::NodeDef* binary = test.Node("DenseBincount", "there", {"x", "bins", "none"});
  (*binary->mutable_attr())["binary_output"].set_b(true);
  const HostTensor x =
      HostTensor::FromVector<int32_t>(DType::kInt32, Shape{2, 3}, {0, 2, 2, 1, 1, 5});
  const HostTensor w =
      HostTensor::FromVector<float>(DType::kFloat32, Shape{2, 3}, {1, 2, 3, 4, 5, 6});
  const std::vector<HostTensor> y = ExpectOutputs(test.Import(), {x, w});
  ExpectNear({1, 0, 2, 0, 2, 0}, y[0], 0);
  ExpectNear({1, 0, 5, 0, 9, 0}, y[1], 0);
  ExpectNear({1, 0, 1, 0, 1, 0}, y[2], 0);
}

TEST(TfBins, WithoutNumbers) {
  TestTf test;
  test.Input("x", {2, 0}, tf::DT_INT32);
  test.Ints("bins", {3});
  test.Floats("none", {0}, {});
  tf::NodeDef* binary = test.Node("DenseBincount", "there", {"x", "bins", "none"});
  (*binary->mutable_attr())["binary_output"].set_b(true);
  const HostTensor x = HostTensor::FromVector<int32_t>(DType::kInt32, Shape{2, 0}, {});
  ExpectNear({0, 0, 0, 0, 0, 0}, ExpectOutputs(test.Import(), {x})[0], 0);
}

}  // namespace
}  // namespace mace
