// The inputs and outputs of an ONNX graph: inputs that nothing reads, element types.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_onnx.h"

namespace mace {
namespace {

std::vector<std::string> InputNames(const Graph& graph) {
  std::vector<std::string> names;
  for (const IoInfo& io : graph.inputs) names.push_back(io.name);
  return names;
}

TEST(OnnxIo, AnInputThatNothingReadsIsListed) {
  TestOnnx test;
  test.Input("first", {4, 5}, onnx::TensorProto::INT64);
  test.Input("x", {2});
  test.Input("w", {2});  // An initializer: no input.
  test.Floats("w", {2}, {1, 2});
  test.Input("last", {-1, 3});
  test.Node("Add", {"x", "w"}, {"y"});
  test.Output("y");
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ(InputNames(**graph), (std::vector<std::string>{"first", "x", "last"}));
  EXPECT_EQ((*graph)->value((*graph)->inputs[0].value).info.shape, (Shape{4, 5}));
}

// A string, and a shape that nobody says: they stand in no one's way while nothing reads them.
TEST(OnnxIo, AnUnreadInputThatSaysTooLittleIsLeftOut) {
  TestOnnx test;
  test.Input("text", {1}, onnx::TensorProto::STRING);
  test.Input("open", {-1, -1});
  test.Input("x", {2});
  test.Node("Relu", {"x"}, {"y"});
  test.Output("y");
  StatusOr<std::shared_ptr<Graph>> graph = test.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ(InputNames(**graph), (std::vector<std::string>{"x"}));
  ImportOptions options;
  options.dynamic_shapes["open"] = {3, 4};
  graph = test.Import(options);
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ(InputNames(**graph), (std::vector<std::string>{"open", "x"}));
}

TEST(OnnxIo, ExtentsHaveTheNamesOfTheFile) {
  TestOnnx test;
  test.Input("x", {-1, 4, -1});
  test.NameDim(0, "batch");
  test.NameDim(2, "seq");
  test.Node("Relu", {"x"}, {"y"});
  test.Node("Neg", {"x"}, {"z"});
  TestOnnx::Describe(test.graph().add_output(), "y", {-1, 4, 7}, onnx::TensorProto::FLOAT);
  test.Output("z");
  ImportOptions options;
  options.input_shapes["x"] = {2, 4, 7};
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import(options);
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ((std::vector<std::string>{"batch", "", "seq"}), (*graph)->inputs[0].dim_names);
  EXPECT_EQ((std::vector<std::string>{"n", "", ""}), (*graph)->outputs[0].dim_names);
  EXPECT_TRUE((*graph)->outputs[1].dim_names.empty());
}

TEST(OnnxIo, WhatIsAskedForNeedsOnlyItsInputs) {
  TestOnnx test;
  test.Input("unused", {1});
  test.Input("x", {2});
  test.Node("Relu", {"x"}, {"y"});
  test.Output("y");
  ImportOptions options;
  options.outputs = {"y"};
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import(options);
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ(InputNames(**graph), (std::vector<std::string>{"x"}));
}

TEST(OnnxIo, FloatsHaveTheDeclaredType) {
  for (const auto& [type, expected] :
       std::vector<std::pair<int32_t, DType>>{{onnx::TensorProto::FLOAT, DType::kFloat32},
                                              {onnx::TensorProto::FLOAT16, DType::kFloat16},
                                              {onnx::TensorProto::DOUBLE, DType::kFloat64},
                                              {onnx::TensorProto::BFLOAT16, DType::kFloat32}}) {
    TestOnnx test;
    test.Input("x", {2}, type);
    test.Node("Relu", {"x"}, {"middle"});
    test.Node("Neg", {"middle"}, {"y"});
    test.Node("IsNaN", {"x"}, {"z"});
    test.Output("y", type);
    test.Output("z", onnx::TensorProto::BOOL);
    TestOnnx::Describe(test.graph().add_value_info(), "middle", {2}, type);
    StatusOr<std::shared_ptr<Graph>> graph = test.Import();
    ASSERT_TRUE(graph.ok()) << graph.status().message();
    EXPECT_EQ((*graph)->inputs[0].dtype, expected);
    // The graph itself computes in float32.
    EXPECT_EQ((*graph)->value((*graph)->inputs[0].value).info.dtype, DType::kFloat32);
    EXPECT_EQ((*graph)->value((*graph)->outputs[0].value).info.dtype, DType::kFloat32);
    EXPECT_EQ((*graph)->outputs[0].dtype, expected);
    EXPECT_EQ((*graph)->outputs[1].dtype, DType::kBool);
    // A tensor in the middle has the type that the file notes.
    ImportOptions options;
    options.outputs = {"middle"};
    graph = test.Import(options);
    ASSERT_TRUE(graph.ok()) << graph.status().message();
    EXPECT_EQ((*graph)->outputs[0].dtype, expected);
  }
}

// Indices that are known when the model is loaded, and those that come with the data.
class OnnxIndices : public testing::TestWithParam<const char*> {
 protected:
  // x [3, 4] chosen from, or written to, at `index`.
  StatusOr<std::vector<HostTensor>> Run(int64_t index, bool known) {
    const std::string op = GetParam();
    const bool scatter = op == "ScatterND" || op == "ScatterElements";
    const bool elements = op == "GatherElements" || op == "ScatterElements";
    const std::vector<int64_t> dims = {1, 1};
    TestOnnx test;
    test.Input("x", {3, 4});
    if (known) {
      onnx::TensorProto* tensor = test.Ints("k", {index});
      tensor->clear_dims();
      for (int64_t extent : dims) tensor->add_dims(extent);
    } else {
      test.Input("k", dims, onnx::TensorProto::INT64);
    }
    std::vector<std::string> inputs = {"x", "k"};
    if (scatter) {
      const std::vector<int64_t> rows = {1, elements ? 1 : 4};
      test.Floats("u", rows, std::vector<float>(static_cast<size_t>(rows[1]), 9));
      inputs.push_back("u");
    }
    onnx::NodeProto* node = test.Node(op, inputs, {"y"});
    node->set_name("chooser");
    test.Output("y");
    MACE_ASSIGN_OR_RETURN(const std::shared_ptr<Graph> graph, test.Import());
    std::vector<HostTensor> given = {HostTensor::FromVector<float>(
        DType::kFloat32, Shape{3, 4}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})};
    if (!known) {
      given.push_back(HostTensor::FromVector<int64_t>(DType::kInt64, Shape(dims), {index}));
    }
    return EvaluateGraph(*graph, given);
  }
};

TEST_P(OnnxIndices, NegativeOnesCountFromTheEnd) {
  for (bool known : {false, true}) {
    const auto last = Run(2, known), also_last = Run(-1, known);
    ASSERT_TRUE(last.ok()) << last.status().message();
    ASSERT_TRUE(also_last.ok()) << also_last.status().message();
    EXPECT_EQ(ToFloatVector((*last)[0]), ToFloatVector((*also_last)[0]));
    EXPECT_NE(ToFloatVector((*last)[0]), ToFloatVector((*Run(0, known))[0]));
  }
}

TEST_P(OnnxIndices, OnesOutsideAreRefused) {
  for (bool known : {false, true}) {
    for (int64_t index : {int64_t{3}, int64_t{-4}, int64_t{1} << 40}) {
      const auto outputs = Run(index, known);
      ASSERT_FALSE(outputs.ok()) << index << " known " << known;
      EXPECT_EQ(outputs.status().code(), StatusCode::kInvalidArgument);
      const std::string expected =
          "index " + std::to_string(index) + " is outside of the axis of 3";
      EXPECT_NE(outputs.status().message().find(expected), std::string::npos)
          << outputs.status().message();
      if (!known) continue;  // What runs a graph names its nodes.
      EXPECT_NE(outputs.status().message().find("chooser"), std::string::npos)
          << outputs.status().message();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Ops, OnnxIndices,
                         testing::Values("Gather", "GatherElements", "GatherND", "ScatterElements",
                                         "ScatterND"),
                         [](const auto& test) { return std::string(test.param); });

// ONNX forbids it, and files have it: the output is there once.
TEST(OnnxIo, AnOutputThatIsListedTwiceIsOne) {
  TestOnnx test;
  test.Input("x", {2});
  test.Node("Neg", {"x"}, {"y"});
  for (const char* output : {"y", "x", "y"}) test.Output(output);
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  ASSERT_EQ(2u, (*graph)->outputs.size());
  EXPECT_EQ("y", (*graph)->outputs[0].name);
  EXPECT_EQ("x", (*graph)->outputs[1].name);
}

TEST(OnnxIo, OutputsThatAreInputsInitializersOrConstants) {
  TestOnnx test;
  test.Input("x", {2});
  test.Floats("w", {2}, {3, 4});
  test.Ints("n", {5});
  test.Node("Shape", {"x"}, {"shape"});
  test.Node("Identity", {"x"}, {"same"});
  test.Output("x");
  test.Output("w");
  test.Output("n", onnx::TensorProto::INT64);
  test.Output("shape", onnx::TensorProto::INT64);
  test.Output("same");
  const HostTensor x = HostTensor::FromVector<float>(DType::kFloat32, Shape{2}, {1, 2});
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
  const std::vector<HostTensor> outputs = ExpectOutputs(graph, {x});
  ASSERT_EQ(5u, outputs.size());
  EXPECT_EQ((std::vector<float>{1, 2}), ToFloatVector(outputs[0]));
  EXPECT_EQ((std::vector<float>{3, 4}), ToFloatVector(outputs[1]));
  EXPECT_EQ((std::vector<int64_t>{5}), ToInt64Vector(outputs[2]));
  EXPECT_EQ((std::vector<int64_t>{2}), ToInt64Vector(outputs[3]));
  EXPECT_EQ((std::vector<float>{1, 2}), ToFloatVector(outputs[4]));
  EXPECT_EQ(1u, (*graph)->inputs.size());
}

}  // namespace
}  // namespace mace
