// Which values half precision cannot hold, and that nodes which make or read them use float32.
#include "mace/plan/wide_values.h"

#include "mace/ops/integer_sums.h"
#include "mace/plan/node_precisions.h"
#include "mace/testing/test_graph.h"

namespace mace {
namespace {

using Attributes = TestGraph::Attributes;

Attributes Scalar(int64_t type, double scalar) {
  return {{"type", type}, {"scalar_input", scalar}};
}

// The first part of a layer normalisation, up to its root, node by node, and a product.
struct Normalization : TestGraph {
  // The node "squares" has the type `type`; `twice`: its two inputs are the same value.
  explicit Normalization(const char* type = "Eltwise", const Attributes& squares = Scalar(9, 2),
                         bool twice = false)
      : TestGraph({1, 6, 32}) {
    Add("Eltwise", "centred", {graph.inputs[0].value}, Scalar(1, 0.5));
    const ValueId centred = last();
    Add(type, "squares", twice ? std::vector<ValueId>{centred, centred} : std::vector{centred},
        squares);
    Add("Reduce", "mean", {last()}, {{"axis", std::vector<int64_t>{-1}}, {"keepdims", int64_t{1}}});
    Add("Eltwise", "safe", {last()}, Scalar(0, 1e-5));
    Add("Unary", "root", {last()}, {{"function", std::string("sqrt")}});
    Add("MatMul", "product", {centred, Constant("w", {32, 4})});
    Output("y", last());
  }

  // By node, in order: whether its output is wide.
  std::vector<bool> Wide() const {
    const std::vector<bool> wide = FindWideValues(graph);
    std::vector<bool> made;
    for (const Node& node : graph.nodes) made.push_back(wide[static_cast<size_t>(node.outputs[0])]);
    return made;
  }
};

TEST(WideValuesTest, SquaresUpToTheirRoot) {
  EXPECT_EQ(Normalization().Wide(), (std::vector<bool>{false, true, true, true, false, false}));
}

TEST(WideValuesTest, EveryWayToWriteASquare) {
  const std::vector<bool> expected = {false, true, true, true, false, false};
  EXPECT_EQ(Normalization("Eltwise", {{"type", int64_t{2}}}, true).Wide(), expected);
  EXPECT_EQ(Normalization("Unary", {{"function", std::string("square")}}).Wide(), expected);
  Normalization by_constant;
  by_constant.graph.nodes[1].attributes.Erase("scalar_input");
  by_constant.graph.nodes[1].inputs.push_back(by_constant.graph.AddConstant(
      "two", HostTensor::FromVector<float>(DType::kFloat32, Shape(), {2})));
  EXPECT_EQ(by_constant.Wide(), expected);
}

TEST(WideValuesTest, NoSquareNoWideValue) {
  const std::vector<bool> none(6, false);
  EXPECT_EQ(Normalization("Eltwise", Scalar(9, 0.5)).Wide(), none);
  EXPECT_EQ(Normalization("Eltwise", Scalar(2, 3)).Wide(), none);
  EXPECT_EQ(Normalization("Unary", {{"function", std::string("exp")}}).Wide(), none);
}

// A product of quantized integers, its offset and scale, and what follows.
TEST(WideValuesTest, IntegerSumsUpToTheirScale) {
  TestGraph test({1, 6, 32});
  const ValueId x = test.graph.inputs[0].value;
  test.Add("MatMul", "sums", {x, test.Constant("w", {32, 8})}, {{kIntegerSums, int64_t{1}}});
  test.Add("Eltwise", "moved", {test.last()}, Scalar(0, 3));
  test.Add("Eltwise", "scaled", {test.last(), test.Constant("scale", {8})}, {{"type", int64_t{2}}});
  test.Add("MatMul", "floats", {test.last(), test.Constant("v", {8, 4})});
  test.Add("Activation", "relu", {test.last()}, {{"activation", std::string("RELU")}});
  test.Output("y", test.last());
  const std::vector<bool> wide = FindWideValues(test.graph);
  std::vector<bool> made;
  for (const Node& node : test.graph.nodes) {
    made.push_back(wide[static_cast<size_t>(node.outputs[0])]);
  }
  EXPECT_EQ(made, (std::vector<bool>{true, true, false, false, false}));
  const Precision half = Precision::kFloat16, full = Precision::kFloat32;
  EXPECT_EQ(NodePrecisions(test.graph, *BindNodes(test.graph), half),
            (std::vector<Precision>{full, full, full, full, full}));
}

// Half a step of rounding becomes a whole one, so what is rounded is computed in float32.
TEST(NodePrecisionsTest, WhatIsRoundedIsFloat32) {
  TestGraph test({1, 6, 32});
  const ValueId x = test.graph.inputs[0].value;
  test.Add("MatMul", "before", {x, test.Constant("u", {32, 32})});
  test.Add("MatMul", "made", {test.last(), test.Constant("w", {32, 8})});
  test.Add("Eltwise", "scaled", {test.last()}, Scalar(2, 3));
  test.Add("Unary", "rounded", {test.last()}, {{"function", std::string("round")}});
  test.Add("Transpose", "moved", {test.last()}, {{"dims", std::vector<int64_t>{1, 0, 2}}});
  test.Add("MatMul", "floats", {test.last(), test.Constant("v", {8, 4})});
  test.Add("MatMul", "last", {test.last(), test.Constant("t", {4, 4})});
  test.Output("y", test.last());
  const Precision half = Precision::kFloat16, full = Precision::kFloat32;
  const OpList ops = *BindNodes(test.graph);
  EXPECT_EQ(NodePrecisions(test.graph, ops, half),
            (std::vector<Precision>{half, full, full, full, full, half, full}));
  EXPECT_EQ(FindRoundedNodes(test.graph, ops),
            (std::vector<bool>{false, true, true, true, true, false, false}));
  test.graph.nodes[3].attributes.Set("function", std::string("exp"));
  EXPECT_EQ(NodePrecisions(test.graph, *BindNodes(test.graph), half),
            (std::vector<Precision>{half, half, half, half, half, half, full}));
  EXPECT_EQ(FindRoundedNodes(test.graph, *BindNodes(test.graph)), std::vector<bool>(7, false));
}

Node Step(const char* type, std::vector<ValueId> inputs, const Attributes& attributes) {
  Node step;
  step.type = type;
  step.inputs = std::move(inputs);
  for (const auto& [name, value] : attributes) step.attributes.Set(name, value);
  return step;
}

// The steps of a node with two inputs, 0 and 1; the results of the steps are 2, 3 and so on.
TEST(WideValuesTest, SquaresThatAreAdded) {
  const Attributes product = {{"type", int64_t{2}}}, sum = {{"type", int64_t{0}}};
  Node node;
  node.inputs = {7, 8};
  node.steps = {Step("Eltwise", {0}, Scalar(9, 2)), Step("Eltwise", {1, 1}, product),
                Step("Eltwise", {2, 3}, sum)};
  EXPECT_TRUE(AddsSquares(node));
  Node one = node;
  one.steps[1].inputs = {0, 0};
  EXPECT_FALSE(AddsSquares(one)) << "one input is squared twice";
  Node products = node;
  products.steps[1].inputs = {1, 0};
  EXPECT_FALSE(AddsSquares(products)) << "a product of different inputs";
  Node difference = node;
  difference.steps[2].attributes.Set("type", int64_t{1});
  EXPECT_FALSE(AddsSquares(difference));
}

// Without an output that makes all before it exact, what follows the scale is half again.
TEST(WideValuesTest, WhatFollowsTheScaleIsHalf) {
  TestGraph test({1, 6, 32});
  const ValueId x = test.graph.inputs[0].value;
  test.Add("MatMul", "sums", {x, test.Constant("w", {32, 8})}, {{kIntegerSums, int64_t{1}}});
  test.Add("Eltwise", "scaled", {test.last(), test.Constant("scale", {8})}, {{"type", int64_t{2}}});
  test.Add("MatMul", "floats", {test.last(), test.Constant("v", {8, 4})});
  test.Add("MatMul", "last", {test.last(), test.Constant("u", {4, 4})});
  test.Output("y", test.last());
  const Precision half = Precision::kFloat16, full = Precision::kFloat32;
  EXPECT_EQ(NodePrecisions(test.graph, *BindNodes(test.graph), half),
            (std::vector<Precision>{full, full, half, full}));
}

TEST(WideValuesTest, WhatMakesOrReadsThemIsFloat32) {
  const Normalization test;
  const OpList ops = *BindNodes(test.graph);
  const Precision half = Precision::kFloat16, full = Precision::kFloat32;
  // The product makes the graph's output, which is float32 in any case.
  EXPECT_EQ(NodePrecisions(test.graph, ops, half),
            (std::vector<Precision>{half, full, full, full, full, full}));
}

}  // namespace
}  // namespace mace
