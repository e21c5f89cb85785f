// Ops of ONNX and of its other domains that become several ops of the graph, beside sums and
// numbers that are worked out from their definitions.
#include <gtest/gtest.h>

#include <cmath>

#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_onnx.h"

namespace mace {
namespace {

HostTensor Floats(const Shape& shape, std::vector<float> values) {
  return HostTensor::FromVector(DType::kFloat32, shape, std::move(values));
}

HostTensor Numbers(const Shape& shape) {
  std::vector<float> values(static_cast<size_t>(shape.elements()));
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(std::sin(1.7 * static_cast<double>(i + 1)));
  }
  return Floats(shape, std::move(values));
}

void ExpectNear(const std::vector<double>& expected, const HostTensor& found) {
  ASSERT_EQ(static_cast<int64_t>(expected.size()), found.shape().elements());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(expected[i], found.f32()[i], 1e-5) << "element " << i;
  }
}

// A model of one node with inputs of these shapes.
TestOnnx ModelOf(const std::string& op, const std::vector<std::pair<std::string, Shape>>& inputs,
                 int64_t opset = 17) {
  TestOnnx test(opset);
  std::vector<std::string> names;
  for (const auto& [name, shape] : inputs) {
    if (shape.rank() > 0) test.Input(name, shape.dims());
    names.push_back(name);
  }
  test.Node(op, names, {"y"});
  test.Output("y");
  return test;
}

onnx::NodeProto* NodeOf(TestOnnx* test) { return test->graph().mutable_node(0); }

constexpr double kTurn = 6.28318530717958647692;

TEST(OnnxRewrites, FourierTransforms) {
  const HostTensor x = Numbers({2, 5, 2});
  for (int64_t inverse : {0, 1}) {
    TestOnnx test = ModelOf("DFT", {{"x", x.shape()}});
    TestOnnx::SetInt(NodeOf(&test), "inverse", inverse);
    std::vector<double> expected;
    for (int64_t row = 0; row < 10; ++row) {
      double real = 0, imaginary = 0;
      for (int64_t n = 0; n < 5; ++n) {
        const double angle = kTurn * static_cast<double>(n * (row % 5)) / (inverse != 0 ? 5 : -5);
        const double a = double{x.f32()[(row / 5 * 5 + n) * 2]};
        const double b = double{x.f32()[(row / 5 * 5 + n) * 2 + 1]};
        real += a * std::cos(angle) - b * std::sin(angle);
        imaginary += a * std::sin(angle) + b * std::cos(angle);
      }
      expected.push_back(inverse != 0 ? real / 5 : real);
      expected.push_back(inverse != 0 ? imaginary / 5 : imaginary);
    }
    ExpectNear(expected, ExpectOutputs(test.Import(), {x})[0]);
  }
}

// The one-sided transform there and back gives the signal, of even and odd length.
TEST(OnnxRewrites, RealSignalsThereAndBack) {
  for (int64_t length : {6, 7}) {
    const HostTensor x = Numbers({3, length, 1});
    TestOnnx test(20);
    test.Input("x", x.shape().dims());
    test.Ints("n", {length});
    for (const bool back : {false, true}) {
      onnx::NodeProto* node =
          test.Node("DFT", {back ? "f" : "x", back ? "n" : ""}, {back ? "y" : "f"});
      TestOnnx::SetInt(node, "onesided", 1);
      TestOnnx::SetInt(node, "inverse", back ? 1 : 0);
    }
    test.Output("y");
    const std::vector<HostTensor> y = ExpectOutputs(test.Import(), {x});
    EXPECT_EQ(x.shape(), y[0].shape());
    const std::vector<float> values = ToFloatVector(x);
    ExpectNear(std::vector<double>(values.begin(), values.end()), y[0]);
  }
}

TEST(OnnxRewrites, ShortTimeTransform) {
  const HostTensor x = Numbers({1, 9, 1});
  TestOnnx test = ModelOf("STFT", {{"x", x.shape()}, {"step", Shape()}, {"w", Shape()}});
  test.Ints("step", {3});
  test.Floats("w", {4}, {1, 2, 3, 4});
  std::vector<double> expected;
  for (int64_t frame = 0; frame < 2; ++frame) {
    for (int64_t k = 0; k < 3; ++k) {
      double real = 0, imaginary = 0;
      for (int64_t n = 0; n < 4; ++n) {
        const double angle = -kTurn * static_cast<double>(n * k) / 4;
        const double value = static_cast<double>(n + 1) * double{x.f32()[frame * 3 + n]};
        real += value * std::cos(angle);
        imaginary += value * std::sin(angle);
      }
      expected.push_back(real);
      expected.push_back(imaginary);
    }
  }
  const std::vector<HostTensor> y = ExpectOutputs(test.Import(), {x});
  EXPECT_EQ((Shape{1, 2, 3, 2}), y[0].shape());
  ExpectNear(expected, y[0]);
}

// A transposed convolution over three axes as the sum of all products where they belong.
TEST(OnnxRewrites, DeepTransposedConvolution) {
  const HostTensor x = Numbers({1, 2, 3, 2, 2}), w = Numbers({2, 1, 2, 3, 2});
  TestOnnx test = ModelOf("ConvTranspose", {{"x", x.shape()}, {"w", w.shape()}, {"b", Shape()}});
  test.Floats("b", {1}, {0.5f});
  TestOnnx::SetInts(NodeOf(&test), "strides", {2, 1, 3});
  TestOnnx::SetInts(NodeOf(&test), "dilations", {2, 1, 1});
  TestOnnx::SetInts(NodeOf(&test), "pads", {1, 1, 0, 0, 0, 1});
  TestOnnx::SetInts(NodeOf(&test), "output_padding", {1, 0, 2});
  // (3 - 1) * 2 + 1 + 3 - 1, (2 - 1) + 3 - 1, (2 - 1) * 3 + 2 + 2 - 1.
  const int64_t extents[] = {7, 3, 6};
  std::vector<double> expected(7 * 3 * 6, 0.5);
  for (int64_t i = 0; i < x.shape().elements(); ++i) {
    const int64_t channel = i / 12;
    const int64_t at[] = {i / 4 % 3, i / 2 % 2, i % 2};
    for (int64_t k = 0; k < 12; ++k) {
      const int64_t place[] = {at[0] * 2 - 1 + k / 6 * 2, at[1] - 1 + k / 2 % 3, at[2] * 3 + k % 2};
      bool inside = true;
      for (int axis = 0; axis < 3; ++axis) {
        inside = inside && place[axis] >= 0 && place[axis] < extents[axis];
      }
      if (!inside) continue;
      expected[static_cast<size_t>((place[0] * 3 + place[1]) * 6 + place[2])] +=
          double{x.f32()[i]} * double{w.f32()[channel * 12 + k]};
    }
  }
  const std::vector<HostTensor> y = ExpectOutputs(test.Import(), {x, w});
  EXPECT_EQ((Shape{1, 1, 7, 3, 6}), y[0].shape());
  ExpectNear(expected, y[0]);
}

TEST(OnnxRewrites, BlocksBecomeAnImage) {
  // Blocks of two elements at 0, 1 and 2 of three, with one of padding in front.
  TestOnnx test = ModelOf("Col2Im", {{"x", Shape{1, 2, 3}}, {"i", Shape()}, {"k", Shape()}}, 18);
  test.Ints("i", {3});
  test.Ints("k", {2});
  TestOnnx::SetInts(NodeOf(&test), "pads", {1, 0});
  const HostTensor x = Floats({1, 2, 3}, {1, 2, 3, 10, 20, 30});
  ExpectNear({12, 23, 30}, ExpectOutputs(test.Import(), {x})[0]);
}

TEST(OnnxRewrites, SequencesAreReversedUpToTheirLengths) {
  for (int64_t batch_axis : {0, 1}) {
    TestOnnx test = ModelOf("ReverseSequence", {{"x", Shape{3, 3}}, {"n", Shape()}});
    test.Ints("n", {2, 3, 1});
    TestOnnx::SetInt(NodeOf(&test), "batch_axis", batch_axis);
    TestOnnx::SetInt(NodeOf(&test), "time_axis", 1 - batch_axis);
    const HostTensor x = Floats({3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
    ExpectNear(batch_axis == 0 ? std::vector<double>{2, 1, 3, 6, 5, 4, 7, 8, 9}
                               : std::vector<double>{4, 8, 3, 1, 5, 6, 7, 2, 9},
               ExpectOutputs(test.Import(), {x})[0]);
  }
}

TEST(OnnxRewrites, RegionsPartlyOutside) {
  TestOnnx test = ModelOf(
      "Resize", {{"x", Shape{1, 1, 1, 4}}, {"roi", Shape()}, {"", Shape()}, {"size", Shape()}});
  test.Floats("roi", {8}, {0, 0, 0, 0.5f, 1, 1, 1, 1.5f});
  test.Ints("size", {1, 1, 1, 4});
  onnx::NodeProto* node = NodeOf(&test);
  TestOnnx::Attribute(node, "mode", onnx::AttributeProto::STRING)->set_s("linear");
  TestOnnx::Attribute(node, "coordinate_transformation_mode", onnx::AttributeProto::STRING)
      ->set_s("tf_crop_and_resize");
  TestOnnx::SetFloat(node, "extrapolation_value", -7);
  // Sources 1.5, 2.5, 3.5 and 4.5 of four elements.
  ExpectNear({15, 25, -7, -7},
             ExpectOutputs(test.Import(), {Floats({1, 1, 1, 4}, {0, 10, 20, 30})})[0]);
}

TEST(OnnxRewrites, StatisticsOfTheBatch) {
  TestOnnx test = ModelOf(
      "BatchNormalization",
      {{"x", Shape{2, 1, 2}}, {"s", Shape()}, {"b", Shape()}, {"m", Shape()}, {"v", Shape()}});
  test.Floats("s", {1}, {2});
  test.Floats("b", {1}, {100});
  test.Floats("m", {1}, {10});
  test.Floats("v", {1}, {20});
  onnx::NodeProto* node = NodeOf(&test);
  TestOnnx::SetInt(node, "training_mode", 1);
  TestOnnx::SetFloat(node, "momentum", 0.75f);
  TestOnnx::SetFloat(node, "epsilon", 0);
  for (const char* name : {"mean", "variance"}) {
    node->add_output(name);
    test.Output(name);
  }
  // Mean 4, variance 4.
  const std::vector<HostTensor> y = ExpectOutputs(test.Import(), {Floats({2, 1, 2}, {2, 6, 2, 6})});
  ExpectNear({98, 102, 98, 102}, y[0]);
  ExpectNear({0.75 * 10 + 0.25 * 4}, y[1]);
  ExpectNear({0.75 * 20 + 0.25 * 4}, y[2]);
}

TEST(OnnxRewrites, RemaindersOfFloats) {
  const HostTensor a = Floats({6}, {5.5f, -5.5f, 5.5f, -5.5f, 6, -6});
  const HostTensor b = Floats({6}, {2, 2, -2, -2, 2, 2});
  TestOnnx test = ModelOf("Mod", {{"a", Shape{6}}, {"b", Shape{6}}});
  ExpectNear({1.5, 0.5, -0.5, -1.5, 0, 0}, ExpectOutputs(test.Import(), {a, b})[0]);
}

TEST(OnnxRewrites, PositionsOfMaximaAndBack) {
  TestOnnx test(12);
  test.Input("x", {1, 1, 4, 4});
  onnx::NodeProto* pool = test.Node("MaxPool", {"x"}, {"m", "i"});
  onnx::NodeProto* back = test.Node("MaxUnpool", {"m", "i"}, {"y"});
  for (onnx::NodeProto* node : {pool, back}) {
    TestOnnx::SetInts(node, "kernel_shape", {2, 2});
    TestOnnx::SetInts(node, "strides", {2, 2});
  }
  test.Output("y");
  test.Output("i", onnx::TensorProto::INT64);
  const HostTensor x = Floats({1, 1, 4, 4}, {1, 2, 9, 3, 4, 3, 5, 6, 7, 0, 0, 1, 2, 3, 8, 1});
  const std::vector<HostTensor> y = ExpectOutputs(test.Import(), {x});
  ExpectNear({0, 0, 9, 0, 4, 0, 0, 0, 7, 0, 0, 0, 0, 0, 8, 0}, y[0]);
  EXPECT_EQ((std::vector<int64_t>{4, 2, 8, 14}), ToInt64Vector(y[1]));
}

void SetFloats(onnx::NodeProto* node, const std::string& name, const std::vector<float>& values) {
  onnx::AttributeProto* attribute = TestOnnx::Attribute(node, name, onnx::AttributeProto::FLOATS);
  for (float value : values) attribute->add_floats(value);
}

// Twice as wide: means of neighbours lose their fraction.
TEST(OnnxRewrites, ResizeOfIntegersTakesWholeMeans) {
  TestOnnx test;
  test.Input("x", {1, 1, 1, 2}, onnx::TensorProto::UINT8);
  test.Floats("scales", {4}, {1, 1, 1, 2});
  onnx::NodeProto* node = test.Node("Resize", {"x", "", "scales"}, {"y"});
  TestOnnx::SetString(node, "mode", "linear");
  test.Output("y", onnx::TensorProto::UINT8);
  const HostTensor x = HostTensor::FromVector<uint8_t>(DType::kUInt8, Shape{1, 1, 1, 2}, {10, 201});
  // 10 + 191 / 4 and 10 + 3 * 191 / 4.
  EXPECT_EQ((std::vector<int64_t>{10, 57, 153, 201}),
            ToInt64Vector(ExpectOutputs(test.Import(), {x})[0]));
  node->mutable_attribute(0)->set_s("cubic");
  EXPECT_NE(test.Complaint().find("expected nearest or linear for integers, found cubic"),
            std::string::npos)
      << test.Complaint();
}

// A detector that has found nothing resizes no images.
TEST(OnnxRewrites, ResizeOfNoImages) {
  TestOnnx test;
  test.Input("x", {0, 2, 3, 3});
  test.Floats("scales", {4}, {1, 1, 2, 2});
  TestOnnx::SetString(test.Node("Resize", {"x", "", "scales"}, {"y"}), "mode", "cubic");
  test.Output("y");
  EXPECT_EQ((Shape{0, 2, 6, 6}),
            ExpectOutputs(test.Import(), {Floats({0, 2, 3, 3}, {})})[0].shape());
}

TEST(OnnxRewrites, LabelsAndLinearModels) {
  TestOnnx encoder = ModelOf("LabelEncoder", {{"x", Shape{4}}});
  NodeOf(&encoder)->set_domain("ai.onnx.ml");
  SetFloats(NodeOf(&encoder), "keys_floats", {2, 5});
  SetFloats(NodeOf(&encoder), "values_floats", {20, 50});
  TestOnnx::SetFloat(NodeOf(&encoder), "default_float", -1);
  ExpectNear({50, 20, -1, 50}, ExpectOutputs(encoder.Import(), {Floats({4}, {5, 2, 3, 5})})[0]);
  TestOnnx classifier = ModelOf("LinearClassifier", {{"x", Shape{2, 2}}});
  onnx::NodeProto* node = NodeOf(&classifier);
  node->set_domain("ai.onnx.ml");
  SetFloats(node, "coefficients", {1, 0, 0, 1, 1, 1});
  SetFloats(node, "intercepts", {0, 0, -3});
  TestOnnx::SetInts(node, "classlabels_ints", {7, 8, 9});
  node->add_output("z");
  classifier.Output("z");
  const std::vector<HostTensor> y =
      ExpectOutputs(classifier.Import(), {Floats({2, 2}, {1, 2, 4, 4})});
  EXPECT_EQ((std::vector<int64_t>{8, 9}), ToInt64Vector(y[0]));
  ExpectNear({1, 2, 0, 4, 4, 5}, y[1]);
}

TEST(OnnxRewrites, Refusals) {
  TestOnnx strings = ModelOf("LabelEncoder", {{"x", Shape{4}}});
  NodeOf(&strings)->set_domain("ai.onnx.ml");
  TestOnnx::Attribute(NodeOf(&strings), "keys_strings", onnx::AttributeProto::STRINGS)
      ->add_strings("a");
  EXPECT_NE(strings.Complaint().find("keys: expected integers or floats, found strings"),
            std::string::npos)
      << strings.Complaint();
  TestOnnx unpool =
      ModelOf("MaxUnpool", {{"x", Shape{1, 1, 2, 2}}, {"i", Shape()}, {"s", Shape()}});
  unpool.Small("i", {1, 1, 2, 2}, onnx::TensorProto::INT64, {})->clear_int32_data();
  for (int64_t at : {5, 7, 13, 15}) unpool.graph().mutable_initializer(0)->add_int64_data(at);
  unpool.Ints("s", {1, 1, 5, 5});
  TestOnnx::SetInts(NodeOf(&unpool), "kernel_shape", {2, 2});
  TestOnnx::SetInts(NodeOf(&unpool), "strides", {2, 2});
  EXPECT_NE(unpool.Complaint().find("output_shape: expected [1, 1, 4, 4]"), std::string::npos)
      << unpool.Complaint();
}

}  // namespace
}  // namespace mace
