#include "mace/passes/fold_batch_norm.h"

#include <memory>

#include "mace/graph/derived_constants.h"
#include "mace/testing/passes/pass_tester.h"

namespace mace {
namespace {

using Ints = std::vector<int64_t>;

// Filter and bias of a node type with 6 output channels over 4 (depthwise: 3) input channels.
struct Case {
  const char* type;
  Shape input;
  Shape filter;
  bool bias;
};

const Case kCases[] = {
    {"Conv2D", {2, 5, 6, 4}, {6, 4, 3, 3}, true},
    {"Conv2D", {2, 5, 6, 4}, {6, 4, 1, 1}, false},
    {"DepthwiseConv2d", {2, 5, 6, 3}, {2, 3, 3, 3}, true},
    {"DepthwiseConv2d", {1, 5, 6, 3}, {2, 3, 3, 2}, false},
    {"Deconv2D", {2, 5, 6, 4}, {6, 4, 3, 3}, true},
    {"Deconv2D", {2, 5, 6, 4}, {6, 4, 2, 2}, false},
    {"FullyConnected", {2, 5, 6, 4}, {6, 4, 5, 6}, true},
    {"FullyConnected", {2, 8}, {6, 8, 1, 1}, false},
};

ValueId AddConvolution(TestGraphBuilder* builder, const Case& c) {
  std::vector<ValueId> inputs = {builder->Input(c.input), builder->Constant(c.filter)};
  if (c.bias) inputs.push_back(builder->Constant({6}));
  return builder->Add(c.type, inputs, {{"strides", Ints{1, 1}}, {"padding", int64_t{1}}});
}

TEST(FoldBatchNorm, TwoParameters) {
  for (const Case& c : kCases) {
    TestGraphBuilder builder;
    const ValueId x = AddConvolution(&builder, c);
    builder.Output(builder.Add("BatchNorm", {x, builder.Constant({6}), builder.Constant({6})},
                               {{"activation", std::string("RELU")}}));
    const Graph after = ExpectKeepsMeaning(builder.Build(), FoldBatchNorm);
    ASSERT_EQ(after.nodes.size(), 1u) << c.type;
    EXPECT_EQ(after.nodes[0].attributes.GetString("activation", ""), "RELU");
  }
}

TEST(FoldBatchNorm, FourParametersWithEpsilon) {
  for (const Case& c : kCases) {
    TestGraphBuilder builder;
    const ValueId x = AddConvolution(&builder, c);
    const std::vector<ValueId> inputs = {x, builder.Constant({6}), builder.Constant({6}),
                                         builder.Constant({6}), builder.Constant({6}, 0.1f, 2)};
    builder.Output(builder.Add("BatchNorm", inputs, {{"epsilon", 0.01}}));
    EXPECT_EQ(ExpectKeepsMeaning(builder.Build(), FoldBatchNorm).nodes.size(), 1u) << c.type;
  }
}

TEST(FoldBatchNorm, ArithmeticOnBothSides) {
  for (int64_t type = 0; type < 4; ++type) {
    for (bool x_first : {true, false}) {
      TestGraphBuilder builder;
      const ValueId x = AddConvolution(&builder, kCases[0]);
      const ValueId c = builder.Constant({1, 1, 6}, 0.5f, 2);
      const std::vector<ValueId> inputs =
          x_first ? std::vector<ValueId>{x, c} : std::vector<ValueId>{c, x};
      builder.Output(builder.Add("Eltwise", inputs, {{"type", type}}));
      const Graph after = ExpectKeepsMeaning(builder.Build(), FoldBatchNorm);
      const bool reciprocal = type == 3 && !x_first;
      EXPECT_EQ(after.nodes.size(), reciprocal ? 2u : 1u) << type << " " << x_first;
    }
  }
}

TEST(FoldBatchNorm, ChainOfAllKinds) {
  TestGraphBuilder builder;
  ValueId x = AddConvolution(&builder, kCases[1]);
  x = builder.Add("BiasAdd", {x, builder.Constant({6})});
  x = builder.Add("Eltwise", {x}, {{"type", int64_t{2}}, {"scalar_input", 1.5}});
  x = builder.Add(
      "Eltwise", {x},
      {{"type", int64_t{1}}, {"scalar_input", 0.25}, {"scalar_input_index", int64_t{0}}});
  x = builder.Add("BatchNorm", {x, builder.Constant({6}), builder.Constant({6})});
  builder.Output(x);
  EXPECT_EQ(ExpectKeepsMeaning(builder.Build(), FoldBatchNorm).nodes.size(), 1u);
}

TEST(FoldBatchNorm, MatMulInBothOrders) {
  for (int64_t transposed : {0, 1}) {
    TestGraphBuilder builder;
    const Shape weights = transposed != 0 ? Shape{6, 5} : Shape{5, 6};
    ValueId x = builder.Add("MatMul", {builder.Input({3, 4, 5}), builder.Constant(weights)},
                            {{"transpose_b", transposed}});
    x = builder.Add("Eltwise", {x, builder.Constant({6})});
    x = builder.Add("BatchNorm", {x, builder.Constant({6}), builder.Constant({6})});
    // MatMul takes no activation, so this one stays with its activation.
    x = builder.Add("BatchNorm", {x, builder.Constant({6}), builder.Constant({6})},
                    {{"activation", std::string("RELU")}});
    builder.Output(x);
    const Graph after = ExpectKeepsMeaning(builder.Build(), FoldBatchNorm);
    EXPECT_EQ(after.nodes.size(), 2u) << DumpGraph(after);
  }
}

TEST(FoldBatchNorm, HalfWeightsBecomeFloat) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({1, 3, 3, 4});
  const ValueId filter =
      builder.Constant(*RandomFloats({6, 4, 1, 1}, 3).ConvertTo(DType::kFloat16));
  const ValueId y = builder.Add("Conv2D", {x, filter});
  builder.Output(builder.Add("BatchNorm", {y, builder.Constant({6}), builder.Constant({6})}));
  const Graph after = ExpectKeepsMeaning(builder.Build(), FoldBatchNorm);
  ASSERT_EQ(after.nodes.size(), 1u);
  EXPECT_EQ(after.value(after.nodes[0].inputs[1]).info.dtype, DType::kFloat32);
}

TEST(FoldBatchNorm, SharedFilterIsCopied) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({1, 3, 3, 4});
  const ValueId filter = builder.Constant({6, 4, 1, 1});
  const ValueId a = builder.Add("Conv2D", {x, filter});
  const ValueId b = builder.Add("Conv2D", {x, filter});
  builder.Output(builder.Add("BatchNorm", {a, builder.Constant({6}), builder.Constant({6})}));
  builder.Output(b);
  EXPECT_EQ(ExpectKeepsMeaning(builder.Build(), FoldBatchNorm).nodes.size(), 2u);
}

TEST(FoldBatchNorm, StaysWhereTheResultIsReadOtherwise) {
  TestGraphBuilder other_reader;
  ValueId x = AddConvolution(&other_reader, kCases[0]);
  other_reader.Output(
      other_reader.Add("BatchNorm", {x, other_reader.Constant({6}), other_reader.Constant({6})}));
  other_reader.Output(other_reader.Add("Eltwise", {x}, {{"type", int64_t{6}}}));
  EXPECT_EQ(ExpectKeepsMeaning(other_reader.Build(), FoldBatchNorm).nodes.size(), 3u);

  TestGraphBuilder graph_output;
  x = AddConvolution(&graph_output, kCases[0]);
  graph_output.Output(
      graph_output.Add("BatchNorm", {x, graph_output.Constant({6}), graph_output.Constant({6})}));
  graph_output.Output(x);
  EXPECT_EQ(ExpectKeepsMeaning(graph_output.Build(), FoldBatchNorm).nodes.size(), 2u);
}

TEST(FoldBatchNorm, StaysBehindAnActivation) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({1, 3, 3, 4});
  const ValueId y = builder.Add("Conv2D", {x, builder.Constant({6, 4, 1, 1})},
                                {{"activation", std::string("RELU")}});
  builder.Output(builder.Add("BatchNorm", {y, builder.Constant({6}), builder.Constant({6})}));
  EXPECT_EQ(ExpectKeepsMeaning(builder.Build(), FoldBatchNorm).nodes.size(), 2u);
}

TEST(FoldBatchNorm, StaysWhereNumbersAreNotFinite) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({1, 3, 3, 4});
  const ValueId y = builder.Add("Conv2D", {x, builder.Constant({6, 4, 1, 1})});
  const ValueId zero = builder.Constant(*HostTensor::Allocate({DType::kFloat32, {6}}));
  builder.Output(builder.Add("Eltwise", {y, zero}, {{"type", int64_t{3}}}));
  Graph graph = builder.Build();
  ASSERT_TRUE(FoldBatchNorm(&graph).ok());
  EXPECT_EQ(graph.nodes.size(), 2u);
}

TEST(FoldBatchNorm, ConstantThatAddsAnAxisStays) {
  TestGraphBuilder builder;
  const ValueId x = AddConvolution(&builder, kCases[1]);
  builder.Output(builder.Add("Eltwise", {x, builder.Constant({1, 1, 1, 1, 6})}));
  EXPECT_EQ(ExpectKeepsMeaning(builder.Build(), FoldBatchNorm).nodes.size(), 2u);
}

TEST(FoldBatchNorm, ConstantAlongAnotherAxisStays) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({1, 6, 6, 4});
  const ValueId y = builder.Add("Conv2D", {x, builder.Constant({6, 4, 1, 1})});
  builder.Output(builder.Add("Eltwise", {y, builder.Constant({6, 1})}));
  EXPECT_EQ(ExpectKeepsMeaning(builder.Build(), FoldBatchNorm).nodes.size(), 2u);
}

// Graphs of one model for several batches have one scaled filter.
TEST(FoldBatchNorm, GraphsOfOneModelShareTheFilter) {
  TestGraphBuilder builder;
  const ValueId filter = builder.Constant({6, 4, 3, 3});
  const ValueId y = builder.Add("Conv2D", {builder.Input({2, 5, 6, 4}), filter},
                                {{"strides", Ints{1, 1}}, {"padding", int64_t{1}}});
  builder.Output(builder.Add("BatchNorm", {y, builder.Constant({6}), builder.Constant({6})}));
  builder.raw().derived = std::make_shared<DerivedConstants>();
  Graph first = builder.Build(), second = first, other = first;
  other.value(filter).constant = *HostTensor::Allocate({DType::kFloat32, {6, 4, 3, 3}});
  for (Graph* graph : {&first, &second}) ASSERT_TRUE(FoldBatchNorm(graph).ok());
  const auto filter_of = [](const Graph& graph) {
    return graph.value(graph.nodes[0].inputs[1]).constant->address_range().data();
  };
  EXPECT_NE(first.nodes[0].inputs[1], filter) << "it is scaled";
  EXPECT_EQ(filter_of(first), filter_of(second));
  ASSERT_TRUE(FoldBatchNorm(&other).ok());
  EXPECT_NE(filter_of(first), filter_of(other)) << "another filter has other elements";
}

}  // namespace
}  // namespace mace
