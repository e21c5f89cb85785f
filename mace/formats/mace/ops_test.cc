// Ops that come into the graph as others: what they compute, and how arguments are named.
#include <gtest/gtest.h>

#include <cmath>

#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_net.h"

namespace mace {
namespace {

using Values = std::vector<float>;

HostTensor Counting(const TensorInfo& info) {
  HostTensor tensor = *HostTensor::Allocate(info);
  for (int64_t i = 0; i < info.shape.elements(); ++i) tensor.f32()[i] = static_cast<float>(i + 1);
  return tensor;
}

// Imports, runs on inputs that count up from 1, and compares the first output.
void ExpectOutput(const TestNet& net, const Shape& shape, const Values& expected) {
  const StatusOr<std::shared_ptr<Graph>> graph = net.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  std::vector<HostTensor> inputs;
  for (const IoInfo& io : (*graph)->inputs) {
    inputs.push_back(Counting((*graph)->value(io.value).info));
  }
  const StatusOr<std::vector<HostTensor>> y = EvaluateGraph(**graph, inputs);
  ASSERT_TRUE(y.ok()) << y.status().message();
  ASSERT_EQ((*y)[0].shape(), shape);
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR((*y)[0].f32()[i], expected[i], 1e-5) << "element " << i;
  }
}

void ExpectRefused(const TestNet& net, const std::string& message) {
  const StatusOr<std::shared_ptr<Graph>> graph = net.Import();
  ASSERT_FALSE(graph.ok());
  EXPECT_NE(graph.status().message().find(message), std::string::npos) << graph.status().message();
}

void Float(wire::OperatorDef* op, const std::string& name, float value) {
  wire::Argument* argument = op->add_arg();
  argument->set_name(name);
  argument->set_f(value);
}

void Floats(wire::OperatorDef* op, const std::string& name, const Values& values) {
  wire::Argument* argument = op->add_arg();
  argument->set_name(name);
  for (float value : values) argument->add_floats(value);
}

TEST(MaceScalarMath, NumberOrSecondInput) {
  TestNet net(1);
  net.Input("x", {1});
  net.Output("y", {1});
  wire::OperatorDef* op = net.Op("ScalarMath", {"x"}, {"y"});
  TestNet::Int(op, "type", 1);
  Float(op, "scalar_input", 5);
  ExpectOutput(net, Shape({1}), {-4});
  TestNet::Int(op, "scalar_input_index", 0);
  ExpectOutput(net, Shape({1}), {4});
  net.Tensor<float>("two", {}, wire::DT_FLOAT, {2});
  op->add_input("two");
  ExpectOutput(net, Shape({1}), {1});
}

TEST(MaceScalarMath, OneStandsForWhatIsMissing) {
  TestNet net(1);
  net.Input("x", {1});
  net.Output("y", {1});
  TestNet::Int(net.Op("ScalarMath", {"x"}, {"y"}), "type", 0);
  ExpectOutput(net, Shape({1}), {2});
}

TEST(MaceScalarMath, RefusesTensors) {
  TestNet net(1);
  net.Input("x", {2});
  net.Output("y", {2});
  TestNet::Int(net.Op("ScalarMath", {"x"}, {"y"}), "type", 0);
  ExpectRefused(net, "expected single numbers, found shape [2]");
}

TEST(MaceSelect, ConditionHasTheLeadingAxes) {
  TestNet net(1);
  net.Input("a", {2, 2});
  net.Input("b", {2, 2});
  net.Output("y", {2, 2});
  net.Tensor<float>("condition", {2}, wire::DT_FLOAT, {0, 3});
  net.Tensor<float>("ten", {}, wire::DT_FLOAT, {10});
  TestNet::Int(net.Op("Eltwise", {"b", "ten"}, {"c"}), "type", 2);
  net.Op("Select", {"condition", "a", "c"}, {"y"});
  ExpectOutput(net, Shape({2, 2}), {10, 20, 3, 4});
}

TEST(MaceSelect, ConditionThatIsComputed) {
  TestNet net(1);
  net.Input("a", {3});
  net.Output("y", {3});
  net.Tensor<float>("b", {3}, wire::DT_FLOAT, {-1, 2, -3});
  TestNet::Int(net.Op("Eltwise", {"a", "b"}, {"same"}), "type", 10);
  net.Op("Select", {"same", "a", "b"}, {"y"});
  ExpectOutput(net, Shape({3}), {-1, 2, -3});
}

TEST(MaceSelect, RefusesIndicesOfWhatIsTrue) {
  TestNet net(1);
  net.Input("a", {3});
  net.Output("y", {3});
  net.Op("Select", {"a"}, {"y"});
  ExpectRefused(net, "the indices of what is true");
}

// x = (1, 2, 3), radius 1, bias 1, alpha 2, beta 1: 1 + 2 * 5, 1 + 2 * 14, 1 + 2 * 13. The order
// that the file names is no matter.
TEST(MaceLocalResponseNorm, RadiusAndSumOfSquares) {
  for (int format : {kTestAuto, kTestNchw}) {
    TestNet net(2);
    net.Input("x", {1, 1, 1, 3});
    net.Output("y", {1, 1, 1, 3});
    wire::OperatorDef* op = net.Op("LocalResponseNorm", {"x"}, {"y"}, format);
    TestNet::Int(op, "depth_radius", 1);
    Float(op, "alpha", 2);
    Float(op, "beta", 1);
    ExpectOutput(net, Shape({1, 1, 1, 3}), {1 / 11.0f, 2 / 29.0f, 3 / 27.0f});
    TestNet::Int(op, "depth_radius", -1);
    ExpectRefused(net, "depth_radius: expected 0");
  }
}

TEST(MaceLocalResponseNorm, Defaults) {
  TestNet net(2);
  net.Input("x", {1, 1, 1, 2});
  net.Output("y", {1, 1, 1, 2});
  net.Op("LocalResponseNorm", {"x"}, {"y"});
  ExpectOutput(net, Shape({1, 1, 1, 2}), {1 / std::sqrt(6.0f), 2 / std::sqrt(6.0f)});
}

// The ops whose arguments stay as they are: the names are MACE's.
TEST(MaceNorms, Arguments) {
  const auto norm = [](const std::string& type,
                       const std::vector<std::pair<const char*, int>>& arguments,
                       const Values& expected) {
    SCOPED_TRACE(type);
    TestNet net(2);
    net.Input("x", {1, 1, 2, 2});
    net.Output("y", {1, 1, 2, 2});
    wire::OperatorDef* op = net.Op(type, {"x"}, {"y"});
    for (const auto& [name, value] : arguments) TestNet::Int(op, name, value);
    Float(op, "epsilon", 0);
    ExpectOutput(net, Shape({1, 1, 2, 2}), expected);
  };
  const float edge = 1.5f / std::sqrt(1.25f), inner = 0.5f / std::sqrt(1.25f);
  norm("GroupNorm", {{"group_num", 1}}, {-edge, -inner, inner, edge});
  norm("GroupNorm", {{"group_num", 2}}, {-1, -1, 1, 1});
  norm("MVNorm", {{"across_channels", 1}}, {-edge, -inner, inner, edge});
  norm("MVNorm", {{"normalize_variance", 0}}, {-1, -1, 1, 1});
  norm("LpNorm", {{"p", 1}, {"axis", 1}}, {0.1f, 0.2f, 0.3f, 0.4f});
  norm("LpNorm", {{"p", 1}, {"axis", 2}}, {0.25f, 2 / 6.0f, 0.75f, 4 / 6.0f});
}

// Two channels, each with a kernel of its own: (1, 10) and (2, 20).
TEST(MaceDepthwiseDeconv, EitherFilterShape) {
  for (const std::vector<int64_t>& dims : {std::vector<int64_t>{1, 2, 1, 2}, {2, 1, 1, 2}}) {
    TestNet net(2);
    net.Input("x", {1, 1, 2, 2});
    net.Output("y", {1, 1, 4, 2});
    net.Tensor<float>("filter", dims, wire::DT_FLOAT, {1, 10, 2, 20});
    net.Tensor<float>("bias", {2}, wire::DT_FLOAT, {0, 1});
    wire::OperatorDef* op = net.Op("DepthwiseDeconv2d", {"x", "filter", "bias"}, {"y"});
    TestNet::Ints(op, "strides", {1, 2});
    TestNet::Ints(op, "padding_values", {0, 0});
    TestNet::Int(op, "group", 2);
    ExpectOutput(net, Shape({1, 1, 4, 2}), {1, 5, 10, 41, 3, 9, 30, 81});
  }
}

// In two groups of two inputs and one output: filter [1, 4, 1, 1].
TEST(MaceDepthwiseDeconv, Groups) {
  TestNet net(2);
  net.Input("x", {1, 1, 1, 4});
  net.Output("y", {1, 1, 1, 2});
  net.Tensor<float>("filter", {1, 4, 1, 1}, wire::DT_FLOAT, {1, 10, 100, 1000});
  wire::OperatorDef* op = net.Op("DepthwiseDeconv2d", {"x", "filter"}, {"y"});
  TestNet::Ints(op, "strides", {1, 1});
  TestNet::Ints(op, "padding_values", {0, 0});
  TestNet::Int(op, "group", 2);
  ExpectOutput(net, Shape({1, 1, 1, 2}), {21, 4300});
}

TEST(MaceNonlocalReshape, TakesHeightAndWidth) {
  TestNet net(2);
  net.Input("x", {1, 1, 4, 2});
  net.Input("like", {1, 2, 2, 5});
  net.Output("y", {1, 2, 2, 2});
  net.Op("NonlocalReshape", {"x", "like"}, {"y"});
  ExpectOutput(net, Shape({1, 2, 2, 2}), {1, 2, 3, 4, 5, 6, 7, 8});
  TestNet flat(2);
  flat.Input("x", {8});
  flat.Input("like", {1, 2, 2, 5});
  flat.Output("y", {1, 2, 2, 2});
  flat.Op("NonlocalReshape", {"x", "like"}, {"y"});
  ExpectRefused(flat, "expected two inputs of rank 4, found ranks 1 and 4");
}

// One position of a map of a 10 x 20 image: its centre is (10, 5), its box 4 x 4. No node is left
// that would need the map.
TEST(MacePriorBox, IsAConstant) {
  TestNet net(2);
  net.Input("map", {1, 1, 1, 3});
  net.Input("image", {1, 10, 20, 3});
  net.Output("y", {1, 2, 4});
  wire::OperatorDef* op = net.Op("PriorBox", {"map", "image"}, {"boxes"}, kTestNchw);
  Floats(op, "min_size", {4});
  Floats(op, "aspect_ratio", {1});
  Floats(op, "variance", {0.1f, 0.1f, 0.2f, 0.2f});
  net.Op("Identity", {"boxes"}, {"y"});
  ExpectOutput(net, Shape({1, 2, 4}), {0.4f, 0.3f, 0.6f, 0.7f, 0.1f, 0.1f, 0.2f, 0.2f});
  const StatusOr<std::shared_ptr<Graph>> graph = net.Import();
  EXPECT_EQ(NodeTypes(**graph), "Identity");
}

TEST(MaceExtractImagePatches, Arguments) {
  TestNet net(1);
  net.Input("x", {1, 1, 3, 1});
  net.Output("y", {1, 1, 2, 2});
  wire::OperatorDef* op = net.Op("ExtractImagePatches", {"x"}, {"y"});
  TestNet::Ints(op, "kernels", {1, 2});
  TestNet::Ints(op, "strides", {1, 1});
  TestNet::Ints(op, "dilations", {1, 1});
  TestNet::Int(op, "padding", 0);
  ExpectOutput(net, Shape({1, 1, 2, 2}), {1, 2, 2, 3});
}

TEST(MaceResizeBicubic, Arguments) {
  TestNet net(1);
  net.Input("x", {1, 1, 3, 1});
  net.Output("y", {1, 1, 5, 1});
  wire::OperatorDef* op = net.Op("ResizeBicubic", {"x"}, {"y"});
  TestNet::Ints(op, "size", {1, 5});
  TestNet::Int(op, "align_corners", 1);
  // Between (1, 1, 2, 3): (-3 * 1 + 19 * 1 + 19 * 2 - 3 * 3) / 32.
  ExpectOutput(net, Shape({1, 1, 5, 1}), {1, 45 / 32.0f, 2, 83 / 32.0f, 3});
}

// All weights zero: the gates are the bias, the forget bias is scalar_input.
TEST(MaceLstmCell, TwoOutputs) {
  TestNet net(1);
  net.Input("x", {1, 1});
  net.Output("h", {1, 1});
  for (const char* name : {"output_before", "cell_before"}) {
    net.Tensor<float>(name, {1, 1}, wire::DT_FLOAT, {2});
  }
  net.Tensor<float>("weights", {2, 4}, wire::DT_FLOAT, Values(8, 0.0f));
  net.Tensor<float>("bias", {4}, wire::DT_FLOAT, {0, 1, -3, 0});
  wire::OperatorDef* op =
      net.Op("LSTMCell", {"x", "output_before", "weights", "bias", "cell_before"}, {"c", "h"});
  Float(op, "scalar_input", 3);
  const float cell = 0.5f * std::tanh(1.0f) + 1;
  ExpectOutput(net, Shape({1, 1}), {0.5f * std::tanh(cell)});
}

TEST(MaceDetectionOutput, Arguments) {
  TestNet net(2);
  net.Input("locations", {1, 4});
  net.Output("y", {1, 1, 1, 7});
  net.Tensor<float>("confidences", {1, 2}, wire::DT_FLOAT, {0, 0.5f});
  net.Tensor<float>("priors", {1, 2, 4}, wire::DT_FLOAT, {0, 0, 1, 1, 0, 0, 0, 0});
  wire::OperatorDef* op = net.Op("DetectionOutput", {"locations", "confidences", "priors"}, {"y"});
  TestNet::Int(op, "num_classes", 2);
  TestNet::Int(op, "nms_top_k", 1);
  TestNet::Int(op, "keep_top_k", 1);
  Float(op, "nms_threshold", 0.5f);
  Float(op, "confidence_threshold", 0.4f);
  ExpectOutput(net, Shape({1, 1, 1, 7}), {0, 1, 0.5f, 0, 0, 1, 1});
  Float(op, "confidence_threshold", 0.6f);
  ExpectOutput(net, Shape({1, 1, 1, 7}), {0, -1, 0, 0, 0, 0, 0});
}

}  // namespace
}  // namespace mace
