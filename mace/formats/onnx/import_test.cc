#include "mace/formats/onnx/import.h"

#include <gtest/gtest.h>

#include <cmath>

#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_net.h"
#include "mace/testing/formats/test_onnx.h"

namespace mace {
namespace {

Shape OutputShape(const Graph& graph, size_t index = 0) {
  return graph.value(graph.outputs[index].value).info.shape;
}

TEST(OnnxImport, OrderOptionalInputsAndPorts) {
  TestOnnx test;
  // Out of order; Clip without a lower bound; a constant input that is an initializer.
  test.Node("Clip", {"h", "", "top"}, {"y"});
  test.Node("Add", {"x", "w"}, {"h"});
  test.Input("x", {-1, 3});
  test.Input("w", {3});
  test.Floats("w", {3}, {1, 2, 3});
  test.Floats("top", {}, {5});
  test.Output("y");
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ("Eltwise Eltwise", NodeTypes(**graph));
  ASSERT_EQ(1u, (*graph)->inputs.size());
  EXPECT_EQ("x", (*graph)->inputs[0].name);
  EXPECT_EQ("y", (*graph)->outputs[0].name);
  EXPECT_EQ((Shape{1, 3}), OutputShape(**graph));
  EXPECT_EQ("onnx", (*graph)->source_format);
}

TEST(OnnxImport, ImagesAreTransposed) {
  TestOnnx test;
  test.Input("x", {2, 4, 6, 5});
  test.Floats("dense", {3, 4, 1, 1}, std::vector<float>(12));
  test.Floats("each", {8, 1, 3, 3}, std::vector<float>(72));
  test.Node("Conv", {"x", "dense"}, {"a"});
  onnx::NodeProto* depthwise = test.Node("Conv", {"x", "each"}, {"b"});
  TestOnnx::SetInt(depthwise, "group", 4);
  TestOnnx::SetInts(depthwise, "pads", {1, 0, 1, 2});
  test.Output("a");
  test.Output("b");
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ("Transpose Conv2D Transpose DepthwiseConv2d Transpose", NodeTypes(**graph));
  EXPECT_EQ((Shape{2, 3, 6, 5}), OutputShape(**graph, 0));
  EXPECT_EQ((Shape{2, 8, 6, 5}), OutputShape(**graph, 1));
  EXPECT_EQ("NCHW", (*graph)->inputs[0].layout);
  for (const Node& node : (*graph)->nodes) {
    if (node.type != "DepthwiseConv2d") continue;
    EXPECT_EQ((Shape{2, 4, 3, 3}), (*graph)->value(node.inputs[1]).info.shape);
  }
}

// An op whose parameter was an attribute once.
struct TwoForms {
  const char* op;
  const char* name;
  std::vector<int64_t> numbers;
  Shape expected;
};

TEST(OnnxImport, AttributesThatBecameInputs) {
  const TwoForms cases[] = {{"Squeeze", "axes", {1}, {2, 3}},
                            {"Unsqueeze", "axes", {0}, {1, 2, 1, 3}},
                            {"ReduceSum", "axes", {2}, {2, 1, 1}},
                            {"Split", "split", {2}, {2, 1, 3}},
                            {"Pad", "pads", {0, 0, 1, 0, 2, 0}, {2, 3, 4}}};
  for (const TwoForms& c : cases) {
    for (const int64_t opset : {10, 13}) {
      SCOPED_TRACE(std::string(c.op) + " " + std::to_string(opset));
      TestOnnx test(opset);
      test.Input("x", {2, 1, 3});
      onnx::NodeProto* node = test.Node(c.op, {"x"}, {"y"});
      if (opset == 10) {
        TestOnnx::SetInts(node, c.name, c.numbers);
      } else {
        test.Ints("numbers", c.numbers);
        node->add_input("numbers");
      }
      test.Output("y");
      const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
      ASSERT_TRUE(graph.ok()) << graph.status().message();
      EXPECT_EQ(c.expected, OutputShape(**graph));
    }
  }
}

TEST(OnnxImport, SoftmaxMeansAllAxesBehindUntilOpset13) {
  for (const int64_t opset : {11, 13}) {
    TestOnnx test(opset);
    test.Input("x", {2, 3, 4});
    TestOnnx::SetInt(test.Node("Softmax", {"x"}, {"y"}), "axis", 1);
    test.Output("y");
    const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
    ASSERT_TRUE(graph.ok()) << graph.status().message();
    EXPECT_EQ(opset == 11 ? "Reshape Softmax Reshape" : "Softmax", NodeTypes(**graph));
    EXPECT_EQ((Shape{2, 3, 4}), OutputShape(**graph));
  }
}

// The chain that exporters write for x.view(x.size(0), -1).
TEST(OnnxImport, ShapeArithmeticIsEvaluated) {
  TestOnnx test;
  test.Input("x", {-1, 3, 4});
  test.Node("Shape", {"x"}, {"shape"});
  onnx::TensorProto* zero = test.Ints("zero", {0});
  zero->clear_dims();
  test.Node("Gather", {"shape", "zero"}, {"batch"});
  test.Ints("axes", {0});
  test.Node("Unsqueeze", {"batch", "axes"}, {"first"});
  test.Ints("rest", {-1});
  TestOnnx::SetInt(test.Node("Concat", {"first", "rest"}, {"dims"}), "axis", 0);
  test.Node("Reshape", {"x", "dims"}, {"y"});
  test.Output("y");
  ImportOptions options;
  options.input_shapes["x"] = {5, 3, 4};
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import(options);
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ("Reshape", NodeTypes(**graph));
  EXPECT_EQ((Shape{5, 12}), OutputShape(**graph));
}

TEST(OnnxImport, OpenExtentsAreBoundAtLoad) {
  TestOnnx test;
  test.Input("x", {-1, -1, 3});
  test.Node("Relu", {"x"}, {"y"});
  test.Output("y");
  EXPECT_NE(test.Complaint().find("input 'x': the model leaves its shape dynamic"),
            std::string::npos)
      << test.Complaint();
  ImportOptions options;
  options.dynamic_shapes["x"] = {4, 5, 7};  // Not the model's last extent: as if it were not there.
  EXPECT_NE(test.Complaint(options), "nothing");
  options.dynamic_shapes["x"] = {4, 5, 3};
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import(options);
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ((Shape{4, 5, 3}), OutputShape(**graph));
  options.input_shapes["x"] = {1, 2, 3};
  EXPECT_EQ((Shape{1, 2, 3}), OutputShape(**test.Import(options)));
}

TEST(OnnxImport, InputsWithValues) {
  TestOnnx test;
  test.Input("x", {2, 6});
  test.Input("dims", {3}, onnx::TensorProto::INT64);
  test.Node("Reshape", {"x", "dims"}, {"y"});
  test.Output("y");
  EXPECT_NE(test.Complaint().find("known at import"), std::string::npos) << test.Complaint();
  ImportOptions options;
  options.input_values["dims"] =
      HostTensor::FromVector<int64_t>(DType::kInt64, Shape{3}, {3, -1, 2});
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import(options);
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ((Shape{3, 2, 2}), OutputShape(**graph));
  EXPECT_EQ(1u, (*graph)->inputs.size());
  options.input_values["nothing"] = options.input_values["dims"];
  EXPECT_NE(test.Complaint(options).find("value of 'nothing'"), std::string::npos);
}

// x -> Resize -> a -> Relu -> b -> Tanh -> y, with a second input z that only y needs.
TestOnnx Chain() {
  TestOnnx test;
  test.Input("x", {1, 2});
  test.Input("z", {1, 2});
  test.Node("NoSuchOp", {"x"}, {"head"});
  test.Node("Exp", {"x"}, {"a"});
  test.Node("Relu", {"a"}, {"b"});
  test.Node("Tanh", {"b"}, {"c"});
  test.Node("Add", {"c", "z"}, {"y"});
  test.Output("y");
  return test;
}

TEST(OnnxImport, AnyTensorAsOutput) {
  ImportOptions options;
  options.outputs = {"b", "a"};
  const StatusOr<std::shared_ptr<Graph>> graph = Chain().Import(options);
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ("Unary Activation", NodeTypes(**graph));
  ASSERT_EQ(1u, (*graph)->inputs.size());
  EXPECT_EQ("b", (*graph)->outputs[0].name);
  EXPECT_EQ("a", (*graph)->outputs[1].name);
  options.outputs = {"nothing"};
  EXPECT_EQ("test.onnx: output 'nothing': expected a tensor of this name, found none",
            Chain().Complaint(options));
}

TEST(OnnxImport, AnyTensorAsInput) {
  ImportOptions options;
  options.inputs = {"b"};
  options.outputs = {"c"};
  // The tensor's shape is inferred from the part of the graph that is left out.
  const StatusOr<std::shared_ptr<Graph>> graph = Chain().Import(options);
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ("Activation", NodeTypes(**graph));
  EXPECT_EQ("b", (*graph)->inputs[0].name);
  EXPECT_EQ((Shape{1, 2}), OutputShape(**graph));
  options.outputs = {"y"};
  EXPECT_NE(Chain().Complaint(options).find("input 'z': expected outputs that need only"),
            std::string::npos);
  options.inputs = {"nothing"};
  EXPECT_NE(Chain().Complaint(options).find("input 'nothing'"), std::string::npos);
}

// An input or a constant that is an output too still has a node behind it.
TEST(OnnxImport, PassedThrough) {
  TestOnnx test;
  test.Input("x", {2});
  test.Floats("w", {2}, {1, 2});
  test.Node("Identity", {"x"}, {"y"});
  test.Output("y");
  test.Output("w");
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ("Identity Identity", NodeTypes(**graph));
}

// The op becomes a comparison, which devices have; the first value of the graph is another tensor.
TEST(OnnxImport, CastToBool) {
  TestOnnx test;
  test.Input("other", {2});
  test.Input("x", {3});
  TestOnnx::SetInt(test.Node("Cast", {"x"}, {"y"}), "to", onnx::TensorProto::BOOL);
  test.Node("Neg", {"other"}, {"z"});
  test.Output("y", onnx::TensorProto::BOOL);
  test.Output("z");
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ("Eltwise", (*graph)->nodes[0].type);
  const auto outputs = EvaluateGraph(
      **graph, {HostTensor::FromVector<float>(DType::kFloat32, Shape({2}), {1, 2}),
                HostTensor::FromVector<float>(DType::kFloat32, Shape({3}), {0.5f, 0, NAN})});
  ASSERT_TRUE(outputs.ok()) << outputs.status().message();
  EXPECT_EQ((std::vector<int64_t>{1, 0, 1}), ToInt64Vector((*outputs)[0]));
}

TEST(OnnxImport, IntegersComeOutAsDeclared) {
  TestOnnx test;
  test.Input("x", {2, 3});
  test.Node("ArgMax", {"x"}, {"y"});
  test.Output("y", onnx::TensorProto::INT64);
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ(DType::kInt64, (*graph)->value((*graph)->outputs[0].value).info.dtype);
}

}  // namespace
}  // namespace mace
