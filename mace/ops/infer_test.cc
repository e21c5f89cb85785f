#include "mace/ops/infer.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "mace/base/memory_budget.h"

namespace mace {
namespace {

// A detector with 8,192 boxes whose inputs are all known.
StatusOr<bool> InferDetector(int64_t best_of_class, Graph* graph) {
  constexpr int64_t kBoxes = 8192;
  Node node;
  node.name = "detector";
  node.type = "DetectionOutput";
  node.attributes.Set("num_classes", int64_t{2});
  node.attributes.Set("nms_top_k", best_of_class);
  for (const Shape& shape :
       {Shape({1, 4 * kBoxes}), Shape({1, 2 * kBoxes}), Shape({1, 2, 4 * kBoxes})}) {
    const std::vector<float> zeros(static_cast<size_t>(shape.elements()), 0.0f);
    node.inputs.push_back(
        graph->AddConstant("zeros", HostTensor::FromVector<float>(DType::kFloat32, shape, zeros)));
  }
  node.outputs = {graph->AddValue("found")};
  FoldBudget budget(0);
  return InferNode(graph, &node, &budget);
}

TEST(InferNode, EvaluatesWhatIsKnown) {
  Graph graph;
  const StatusOr<bool> folded = InferDetector(100, &graph);
  ASSERT_TRUE(folded.ok()) << folded.status().message();
  EXPECT_TRUE(*folded);
  EXPECT_TRUE(graph.values.back().constant.has_value());
}

// The loops of the reference over the other extents would take an hour.
TEST(InferNode, ComputesNothingForAnEmptyOutput) {
  Graph graph;
  Node node;
  node.name = "softmax";
  node.type = "Softmax";
  node.inputs = {graph.AddConstant(
      "nothing", HostTensor::FromVector<float>(DType::kFloat32, Shape({INT32_MAX, 256, 0}), {}))};
  node.outputs = {graph.AddValue("y")};
  FoldBudget budget(0);
  const StatusOr<bool> folded = InferNode(&graph, &node, &budget);
  ASSERT_TRUE(folded.ok()) << folded.status().message();
  EXPECT_TRUE(*folded);
  EXPECT_EQ(graph.values.back().info.shape, (Shape{INT32_MAX, 256, 0}));
}

// Comparing all boxes with each other would take seconds.
TEST(InferNode, LeavesWhatCostsTooMuch) {
  Graph graph;
  const StatusOr<bool> folded = InferDetector(8192, &graph);
  ASSERT_TRUE(folded.ok()) << folded.status().message();
  EXPECT_FALSE(*folded);
  EXPECT_FALSE(graph.values.back().constant.has_value());
  EXPECT_EQ(graph.values.back().info.shape, (Shape{1, 1, 100, 7}));
}

// A sum of two constants of 60,000 elements.
StatusOr<bool> InferSum(FoldBudget* budget, Graph* graph) {
  Node node;
  node.name = "sum";
  node.type = "Eltwise";
  const Shape shape({60000});
  const ValueId ones = graph->AddConstant(
      "ones",
      HostTensor::FromVector<float>(DType::kFloat32, shape, std::vector<float>(60000, 1.0f)));
  node.inputs = {ones, ones};
  node.outputs = {graph->AddValue("two")};
  return InferNode(graph, &node, budget);
}

TEST(InferNode, StopsWhereTheBudgetIsUsedUp) {
  FoldBudget budget(0);
  Graph graph;
  int folded = 0;
  for (int i = 0; i < 200; ++i) {
    const StatusOr<bool> is_folded = InferSum(&budget, &graph);
    ASSERT_TRUE(is_folded.ok()) << is_folded.status().message();
    folded += *is_folded ? 1 : 0;
    EXPECT_EQ(graph.values.back().info.shape, Shape({60000}));
  }
  EXPECT_EQ(static_cast<uint64_t>(folded), budget.limit() / 240000);
}

TEST(InferNode, WithoutABudgetNothingIsEvaluated) {
  Graph graph;
  const StatusOr<bool> folded = InferSum(nullptr, &graph);
  ASSERT_TRUE(folded.ok()) << folded.status().message();
  EXPECT_FALSE(*folded);
}

// A node that has no memory now may never run, or run when there is some.
TEST(InferNode, LeavesANodeWithoutMemoryForItsResult) {
  Graph graph;
  FoldBudget budget(0);
  ScopedMemoryBudget scope(std::make_shared<MemoryBudget>(1000));
  const StatusOr<bool> folded = InferSum(&budget, &graph);
  ASSERT_TRUE(folded.ok()) << folded.status().message();
  EXPECT_FALSE(*folded);
  EXPECT_EQ(budget.used(), 0u);
}

}  // namespace
}  // namespace mace
