// The inputs and outputs of a TensorFlow graph: placeholders with a default, element types.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_tensorflow.h"

namespace mace {
namespace {

// y = x * keep, keep 0.5 unless it is given.
TestTf MakeKeep() {
  TestTf test;
  test.Input("x", {2});
  test.Floats("half", {}, {0.5f});
  tf::NodeDef* keep = test.Node("PlaceholderWithDefault", "keep", {"half"});
  TestTf::Type(keep, "dtype", tf::DT_FLOAT);
  (*keep->mutable_attr())["shape"].mutable_shape();
  TestTf::Type(test.Node("Mul", "y", {"x", "keep"}), "T", tf::DT_FLOAT);
  return test;
}

HostTensor Floats(Shape shape, std::vector<float> values) {
  return HostTensor::FromVector(DType::kFloat32, std::move(shape), std::move(values));
}

TEST(TfInputsAndOutputs, APlaceholderKeepsItsDefault) {
  const StatusOr<std::shared_ptr<Graph>> graph = MakeKeep().Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  ASSERT_EQ((*graph)->inputs.size(), 1u);
  EXPECT_EQ((*graph)->inputs[0].name, "x");
  const auto outputs = EvaluateGraph(**graph, {Floats(Shape{2}, {2, 4})});
  ASSERT_TRUE(outputs.ok()) << outputs.status().message();
  EXPECT_EQ(ToFloatVector((*outputs)[0]), (std::vector<float>{1, 2}));
}

TEST(TfInputsAndOutputs, APlaceholderThatIsNamedIsAnInput) {
  ImportOptions by_shape, by_data, by_name;
  by_shape.input_shapes["keep"] = {};
  by_data.dynamic_shapes["keep"] = {};
  by_name.inputs = {"x", "keep"};
  for (const ImportOptions& options : {by_shape, by_data, by_name}) {
    const StatusOr<std::shared_ptr<Graph>> graph = MakeKeep().Import(options);
    ASSERT_TRUE(graph.ok()) << graph.status().message();
    ASSERT_EQ((*graph)->inputs.size(), 2u);
    EXPECT_EQ((*graph)->inputs[1].name, "keep");
    const auto outputs =
        EvaluateGraph(**graph, {Floats(Shape{2}, {2, 4}), Floats(Shape(), {0.25f})});
    ASSERT_TRUE(outputs.ok()) << outputs.status().message();
    EXPECT_EQ(ToFloatVector((*outputs)[0]), (std::vector<float>{0.5f, 1}));
  }
}

// The default may be computed, and be an output itself.
TEST(TfInputsAndOutputs, ADefaultThatIsComputed) {
  TestTf test;
  test.Input("x", {2});
  test.Node("Neg", "minus", {"x"});
  test.Node("PlaceholderWithDefault", "y", {"minus"});
  ImportOptions options;
  options.outputs = {"y"};
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import(options);
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  const auto outputs = EvaluateGraph(**graph, {Floats(Shape{2}, {2, -4})});
  ASSERT_TRUE(outputs.ok()) << outputs.status().message();
  EXPECT_EQ(ToFloatVector((*outputs)[0]), (std::vector<float>{-2, 4}));
}

TEST(TfInputsAndOutputs, FloatsHaveTheDeclaredType) {
  for (const auto& [type, expected] :
       std::vector<std::pair<tf::DataType, DType>>{{tf::DT_FLOAT, DType::kFloat32},
                                                   {tf::DT_HALF, DType::kFloat16},
                                                   {tf::DT_DOUBLE, DType::kFloat64},
                                                   {tf::DT_BFLOAT16, DType::kFloat32}}) {
    TestTf test;
    test.Input("x", {2}, type);
    TestTf::Type(test.Node("Relu", "y", {"x"}), "T", type);
    tf::NodeDef* cast = test.Node("Cast", "z", {"x"});
    TestTf::Type(cast, "SrcT", type);
    TestTf::Type(cast, "DstT", tf::DT_DOUBLE);
    const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
    ASSERT_TRUE(graph.ok()) << graph.status().message();
    EXPECT_EQ((*graph)->inputs[0].dtype, expected);
    // The graph itself computes in float32.
    EXPECT_EQ((*graph)->value((*graph)->inputs[0].value).info.dtype, DType::kFloat32);
    ASSERT_EQ((*graph)->outputs.size(), 2u);
    EXPECT_EQ((*graph)->outputs[0].dtype, expected);
    EXPECT_EQ((*graph)->outputs[1].dtype, DType::kFloat64);
  }
}

TEST(TfInputsAndOutputs, IntegersHaveTheDeclaredWidth) {
  TestTf test;
  test.Input("x", {2, 3}, tf::DT_INT64);
  test.Ints("axis", {1});
  TestTf::Type(test.Node("Identity", "same", {"x"}), "T", tf::DT_INT64);
  TestTf::Type(test.Node("Shape", "extents", {"x"}), "out_type", tf::DT_INT32);
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ((*graph)->inputs[0].dtype, DType::kInt64);
  EXPECT_EQ((*graph)->value((*graph)->inputs[0].value).info.dtype, DType::kInt32);
  ASSERT_EQ((*graph)->outputs.size(), 2u);
  EXPECT_EQ((*graph)->outputs[0].dtype, DType::kInt64);
  EXPECT_EQ((*graph)->outputs[1].dtype, DType::kInt32);
}

}  // namespace
}  // namespace mace
