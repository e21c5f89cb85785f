#include "mace/ops/infer.h"

#include <gtest/gtest.h>

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
  return InferNode(graph, node, Folding::kOn);
}

TEST(InferNode, EvaluatesWhatIsKnown) {
  Graph graph;
  const StatusOr<bool> folded = InferDetector(100, &graph);
  ASSERT_TRUE(folded.ok()) << folded.status().message();
  EXPECT_TRUE(*folded);
  EXPECT_TRUE(graph.values.back().constant.has_value());
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

}  // namespace
}  // namespace mace
