// Tensors inside a graph that become its inputs: what comes before them is read once for all.
#include <gtest/gtest.h>

#include "mace/testing/formats/test_onnx.h"
#include "mace/testing/formats/test_tensorflow.h"

namespace mace {
namespace {

// An import for each of them would take hours: the test's time limit ends it.
constexpr int kMany = 40000;

std::string Tensor(int i) { return "t" + std::to_string(i); }

TEST(InnerInputs, ManyInAnOnnxModel) {
  TestOnnx test;
  test.Input("x", {1, 4});
  ImportOptions options;
  for (int i = 0; i < kMany; ++i) {
    test.Node("Neg", {i == 0 ? "x" : Tensor(i - 1)}, {Tensor(i)});
    if (i + 1 < kMany) options.inputs.push_back(Tensor(i));
  }
  test.Output(Tensor(kMany - 1));
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import(options);
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ((*graph)->inputs.size(), size_t{kMany - 1});
  EXPECT_EQ((*graph)->value((*graph)->inputs.back().value).info.shape, Shape({1, 4}));
}

TEST(InnerInputs, ManyInATensorFlowModel) {
  TestTf test;
  test.Input("x", {1, 4});
  ImportOptions options;
  for (int i = 0; i < kMany; ++i) {
    test.Node("Neg", Tensor(i), {i == 0 ? "x" : Tensor(i - 1)});
    if (i + 1 < kMany) options.inputs.push_back(Tensor(i));
  }
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import(options);
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ((*graph)->inputs.size(), size_t{kMany - 1});
  EXPECT_EQ((*graph)->value((*graph)->inputs.back().value).info.shape, Shape({1, 4}));
}

// Nodes before one inner input do not matter to another one, even an unknown op or a cycle.
TEST(InnerInputs, OneThatCannotBeMadeInAnOnnxModel) {
  TestOnnx test;
  test.Input("x", {1, 4});
  test.Node("Neg", {"x"}, {"known"});
  test.Node("NoSuchOp", {"x"}, {"odd"});
  test.Node("Neg", {"odd"}, {"behind_odd"});
  test.Node("Add", {"x", "around"}, {"turn"});
  test.Node("Neg", {"turn"}, {"around"});
  test.Node("Sum", {"known", "behind_odd", "around"}, {"y"});
  test.Output("y");
  ImportOptions options;
  options.inputs = {"known", "behind_odd", "around"};
  EXPECT_NE(test.Complaint(options).find("NoSuchOp"), std::string::npos);
  options.input_shapes["behind_odd"] = {1, 4};
  EXPECT_NE(test.Complaint(options).find("input 'around'"), std::string::npos);
  options.input_shapes["around"] = {1, 4};
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import(options);
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  for (const IoInfo& io : (*graph)->inputs) {
    EXPECT_EQ((*graph)->value(io.value).info.shape, Shape({1, 4})) << io.name;
  }
}

TEST(InnerInputs, OneThatCannotBeMadeInATensorFlowModel) {
  TestTf test;
  test.Input("x", {1, 4});
  test.Node("Neg", "known", {"x"});
  test.Node("NoSuchOp", "odd", {"x"});
  test.Node("Neg", "behind_odd", {"odd"});
  test.Node("Add", "turn", {"x", "around"});
  test.Node("Neg", "around", {"turn"});
  test.Node("AddN", "y", {"known", "behind_odd", "around"});
  ImportOptions options;
  options.inputs = {"known", "behind_odd", "around"};
  const StatusOr<std::shared_ptr<Graph>> refused = test.Import(options);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.status().message().find("NoSuchOp"), std::string::npos);
  options.input_shapes["behind_odd"] = {1, 4};
  options.input_shapes["around"] = {1, 4};
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import(options);
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  for (const IoInfo& io : (*graph)->inputs) {
    EXPECT_EQ((*graph)->value(io.value).info.shape, Shape({1, 4})) << io.name;
  }
}

}  // namespace
}  // namespace mace
