#include "mace/passes/fold_constants.h"

#include "mace/base/memory_budget.h"
#include "mace/testing/passes/pass_tester.h"

namespace mace {
namespace {

using Ints = std::vector<int64_t>;

// Without inference, which would fold small ones already.
TEST(FoldConstants, ChainOfConstants) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({4, 300});
  const ValueId half = builder.Constant(*RandomFloats({300, 300}, 4).ConvertTo(DType::kFloat16));
  const ValueId weights = builder.Add("Transpose", {half}, {{"dims", Ints{1, 0}}});
  const ValueId row = builder.Add("Reshape", {weights}, {{"dim", Ints{300, 1, 300}}});
  builder.Output(builder.Add("Eltwise", {x, row}));
  const Graph before = builder.Build();
  ASSERT_EQ(before.nodes.size(), 3u);
  const Graph after = ExpectKeepsMeaning(before, FoldConstants);
  ASSERT_EQ(after.nodes.size(), 1u);
  const Value& folded = after.value(after.nodes[0].inputs[1]);
  ASSERT_TRUE(folded.constant.has_value());
  EXPECT_EQ(folded.constant->dtype(), DType::kFloat32);
  EXPECT_EQ(folded.info.shape, (Shape{300, 1, 300}));
}

TEST(FoldConstants, ShapeOfAKnownShape) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({4, 3});
  const ValueId shape = builder.Add("Shape", {x});
  builder.Output(builder.Add("Reshape", {x, shape}));
  Graph graph = builder.raw();
  graph.value(x).info = {DType::kFloat32, {4, 3}};
  graph.value(x).shape_known = true;
  ASSERT_TRUE(FoldConstants(&graph).ok());
  ASSERT_EQ(graph.nodes.size(), 1u);
  ASSERT_TRUE(graph.IsConstant(shape));
  EXPECT_EQ(ToInt64Vector(*graph.value(shape).constant), (Ints{4, 3}));
}

TEST(FoldConstants, GraphOutputsAndGrowthStay) {
  TestGraphBuilder builder;
  const ValueId c = builder.Constant({2, 2});
  builder.Output(builder.Add("Eltwise", {c}, {{"type", int64_t{6}}}));
  const ValueId large = builder.Add("Tile", {c}, {{"multiples", Ints{1024, 1024}}});
  builder.Output(builder.Add("Eltwise", {large, builder.Input({1})}));
  Graph graph = builder.raw();
  ASSERT_TRUE(FoldConstants(&graph).ok());
  EXPECT_EQ(graph.nodes.size(), 3u);
}

// Each of the results is as large as the weights; one of them is left.
TEST(FoldConstants, AChainLeavesOneConstant) {
  TestGraphBuilder builder;
  ValueId w = builder.Constant({1000, 1000});
  for (int i = 0; i < 50; ++i) w = builder.Add("Eltwise", {w, w}, {{"type", int64_t{4}}});
  builder.Output(builder.Add("Eltwise", {w, builder.Input({1000, 1000})}));
  Graph graph = builder.raw();
  const auto budget = std::make_shared<MemoryBudget>(uint64_t{20} << 20);
  ScopedMemoryBudget scope(budget);
  ASSERT_TRUE(FoldConstants(&graph).ok());
  EXPECT_EQ(graph.nodes.size(), 1u);
  EXPECT_LE(budget->peak(), 3u * 4000000);
  EXPECT_EQ(budget->used(), 4000000u);
}

// Results that are all read in the end would be 60 times the model.
TEST(FoldConstants, WhatWouldEnlargeTheModelStays) {
  TestGraphBuilder builder;
  const ValueId w = builder.Constant({1000, 1000});
  ValueId sum = builder.Input({1000, 1000});
  for (int i = 0; i < 60; ++i) {
    const ValueId scaled =
        builder.Add("Eltwise", {w}, {{"type", int64_t{2}}, {"scalar_input", double{1.0 + i}}});
    sum = builder.Add("Eltwise", {sum, scaled});
  }
  builder.Output(sum);
  Graph graph = builder.raw();
  ASSERT_TRUE(FoldConstants(&graph).ok());
  uint64_t bytes = 0;
  for (const Value& value : graph.values) {
    if (value.constant.has_value()) bytes += value.info.bytes();
  }
  EXPECT_GE(bytes, 2u * 4000000);
  EXPECT_LE(bytes, 7u * 4000000);
  EXPECT_TRUE(ValidateGraph(graph).ok());
}

TEST(FoldConstants, ANodeWithoutMemoryForItsResultStays) {
  TestGraphBuilder builder;
  const ValueId w = builder.Constant({1000, 1000});
  const ValueId y = builder.Add("Eltwise", {w, w});
  builder.Output(builder.Add("Eltwise", {y, builder.Input({1000, 1000})}));
  Graph graph = builder.raw();
  ScopedMemoryBudget scope(std::make_shared<MemoryBudget>(1000));
  const Status status = FoldConstants(&graph);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(graph.nodes.size(), 2u);
}

TEST(FoldConstants, ErrorsNameTheNode) {
  TestGraphBuilder builder;
  const ValueId c = builder.Constant({2, 3});
  const ValueId bad = builder.Add("Reshape", {c}, {{"dim", Ints{4, 4}}});
  builder.Output(builder.Add("Eltwise", {bad, builder.Input({4, 4})}));
  Graph graph = builder.raw();
  const Status status = FoldConstants(&graph);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("Reshape_0"), std::string::npos) << status.message();
}

}  // namespace
}  // namespace mace
