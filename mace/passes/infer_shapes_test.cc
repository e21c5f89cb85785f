#include "mace/passes/infer_shapes.h"

#include "mace/base/memory_budget.h"
#include "mace/testing/passes/pass_tester.h"

namespace mace {
namespace {

using Ints = std::vector<int64_t>;

// x [?, 6] reshaped to [rows / 2, 12] by way of its shape.
TestGraphBuilder HalvedRows() {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({4, 6});
  builder.raw().inputs[0].declared_dims = Ints{-1, 6};
  const ValueId shape = builder.Add("Shape", {x});
  const ValueId factors =
      builder.Constant(HostTensor::FromVector<int32_t>(DType::kInt32, {2}, {2, 1}));
  const ValueId rows = builder.Add("Eltwise", {shape, factors}, {{"type", int64_t{3}}});
  const ValueId columns =
      builder.Constant(HostTensor::FromVector<int32_t>(DType::kInt32, {2}, {1, 2}));
  const ValueId wanted = builder.Add("Eltwise", {rows, columns}, {{"type", int64_t{2}}});
  builder.Output(builder.Add("Reshape", {x, wanted}));
  return builder;
}

TEST(InferShapes, ComputedShapesBecomeConstants) {
  TestGraphBuilder builder = HalvedRows();
  for (int64_t rows : {2, 8}) {
    Graph graph = builder.raw();
    const Status status = InferShapes(&graph, {{"input0", Shape{rows, 6}}});
    ASSERT_TRUE(status.ok()) << status.message();
    ASSERT_EQ(graph.nodes.size(), 1u);
    EXPECT_EQ(graph.value(graph.outputs[0].value).info.shape, (Shape{rows / 2, 12}));
    EXPECT_TRUE(ValidateGraph(graph).ok());
  }
}

TEST(InferShapes, GraphOutputsStayResultsOfNodes) {
  TestGraphBuilder builder = HalvedRows();
  const ValueId wanted = builder.raw().nodes[2].outputs[0];
  builder.Output(wanted);
  Graph graph = builder.raw();
  const Status status = InferShapes(&graph, {{"input0", Shape{4, 6}}});
  ASSERT_TRUE(status.ok()) << status.message();
  const Status valid = ValidateGraph(graph);
  ASSERT_TRUE(valid.ok()) << valid.message();
  const std::vector<HostTensor> outputs = RunReference(graph);
  ASSERT_EQ(outputs.size(), 2u);
  EXPECT_EQ(ToInt64Vector(outputs[1]), (Ints{2, 12}));
}

TEST(InferShapes, AnOpenExtentIsWhatTheImportBoundItTo) {
  Graph graph = HalvedRows().raw();  // Declared [?, 6].
  Value& input = graph.value(graph.inputs[0].value);
  input.info.shape = Shape{4, 6};
  input.shape_known = true;
  const Status status = InferShapes(&graph, {});
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(graph.value(graph.outputs[0].value).info.shape, (Shape{2, 12}));
}

TEST(InferShapes, InputsThatDoNotFit) {
  Graph graph = HalvedRows().raw();
  graph.value(graph.inputs[0].value).shape_known = false;
  const Status open = InferShapes(&graph, {});
  EXPECT_EQ(open.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(open.message().find("input 'input0': expected a shape"), std::string::npos)
      << open.message();
  const Status unknown = InferShapes(&graph, {{"other", Shape{2}}});
  EXPECT_NE(unknown.message().find("'other': expected one of 'input0'"), std::string::npos)
      << unknown.message();
  EXPECT_FALSE(InferShapes(&graph, {{"input0", Shape{-2, 6}}}).ok());
  EXPECT_FALSE(InferShapes(&graph, {{"input0", Shape{int64_t{1} << 40, 6}}}).ok());
}

TEST(InferShapes, ErrorsNameTheNode) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({4, 6});
  builder.Output(builder.Add("Eltwise", {x, builder.Input({5, 6})}));
  Graph graph = builder.raw();
  const Status status = InferShapes(&graph, {});
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("'Eltwise_0' (Eltwise)"), std::string::npos) << status.message();
}

// A chain of sums of one constant: what is between the first and the last is freed on the way.
TEST(InferShapes, AChainLeavesOneConstant) {
  TestGraphBuilder builder;
  ValueId w = builder.Constant({60000});
  for (int i = 0; i < 200; ++i) w = builder.Add("Eltwise", {w, w}, {{"type", int64_t{4}}});
  builder.Output(builder.Add("Eltwise", {w, builder.Input({60000})}));
  const auto budget = std::make_shared<MemoryBudget>(uint64_t{2} << 20);
  ScopedMemoryBudget scope(budget);
  Graph graph = builder.raw();
  ASSERT_TRUE(InferShapes(&graph, {}).ok());
  EXPECT_EQ(graph.nodes.size(), 1u);
  EXPECT_LE(budget->peak(), 3u * 240000);
}

// Replacing each constant in all nodes behind it would take 10^11 steps: hours.
TEST(InferShapes, ManyConstantOutputs) {
  constexpr int kMany = 100000;
  TestGraphBuilder builder;
  const ValueId c = builder.Constant({1});
  for (int i = 0; i < kMany; ++i) builder.Output(builder.Add("Eltwise", {c, c}));
  builder.Output(builder.Add("Eltwise", {builder.Input({1}), c}));
  const Graph graph = builder.Build();
  EXPECT_EQ(graph.nodes.size(), size_t{kMany} + 1);
  EXPECT_TRUE(ValidateGraph(graph).ok());
}

}  // namespace
}  // namespace mace
