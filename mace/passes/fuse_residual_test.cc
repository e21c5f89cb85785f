#include "mace/passes/fuse_residual.h"

#include "mace/passes/fuse_activation.h"
#include "mace/testing/passes/pass_tester.h"

namespace mace {
namespace {

ValueId AddConvolution(TestGraphBuilder* builder, ValueId x, bool bias,
                       const TestGraphBuilder::Attributes& attributes = {}) {
  std::vector<ValueId> inputs = {x, builder->Constant({4, 4, 3, 3})};
  if (bias) inputs.push_back(builder->Constant({4}));
  return builder->Add("Conv2D", inputs, attributes);
}

TEST(FuseResidual, SumOnEitherSide) {
  for (bool bias : {true, false}) {
    for (bool first : {true, false}) {
      TestGraphBuilder builder;
      const ValueId x = builder.Input({2, 5, 4, 4});
      const ValueId y = AddConvolution(&builder, x, bias);
      const std::vector<ValueId> inputs =
          first ? std::vector<ValueId>{y, x} : std::vector<ValueId>{x, y};
      builder.Output(builder.Add("Eltwise", inputs));
      const Graph after = ExpectKeepsMeaning(builder.Build(), FuseResidual);
      ASSERT_EQ(after.nodes.size(), 1u);
      const Node& node = after.nodes[0];
      EXPECT_EQ(node.attributes.GetInt("residual", 0), 1);
      ASSERT_EQ(node.inputs.size(), 4u);
      EXPECT_EQ(node.inputs[2] == kNoValue, !bias);
      EXPECT_EQ(node.inputs[3], x);
    }
  }
}

// The tensor that is added is made after the convolution, so the convolution has to move.
TEST(FuseResidual, LaterTensor) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({1, 5, 4, 4});
  const ValueId y = AddConvolution(&builder, x, true);
  const ValueId other = builder.Add("Activation", {x}, {{"activation", std::string("TANH")}});
  builder.Output(builder.Add("Eltwise", {y, other}));
  const Graph after = ExpectKeepsMeaning(builder.Build(), FuseResidual);
  ASSERT_EQ(after.nodes.size(), 2u);
  EXPECT_EQ(after.nodes[1].type, "Conv2D");
}

TEST(FuseResidual, OfTwoConvolutionsTheLaterOne) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({1, 5, 4, 4});
  const ValueId y = AddConvolution(&builder, x, true), z = AddConvolution(&builder, x, true);
  builder.Output(builder.Add("AddN", {z, y}));
  const Graph after = ExpectKeepsMeaning(builder.Build(), FuseResidual);
  ASSERT_EQ(after.nodes.size(), 2u);
  EXPECT_EQ(after.nodes[1].inputs[3], y);
}

TEST(FuseResidual, TheSumsActivationMovesAlong) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({1, 5, 4, 4});
  const ValueId y = AddConvolution(&builder, x, true);
  const ValueId sum = builder.Add("Eltwise", {y, x});
  builder.Output(builder.Add("Activation", {sum}, {{"activation", std::string("RELU")}}));
  const Graph before = builder.Build();
  const Graph sum_first =
      ExpectKeepsMeaning(ExpectKeepsMeaning(before, FuseResidual), FuseActivation);
  EXPECT_EQ(sum_first.nodes.size(), 1u);
  const Graph activation_first =
      ExpectKeepsMeaning(ExpectKeepsMeaning(before, FuseActivation), FuseResidual);
  EXPECT_EQ(activation_first.nodes.size(), 1u);
}

void ExpectStays(TestGraphBuilder* builder) {
  const Graph before = builder->Build();
  EXPECT_EQ(ExpectKeepsMeaning(before, FuseResidual).nodes.size(), before.nodes.size());
}

TEST(FuseResidual, StaysWhereItDoesNotFit) {
  TestGraphBuilder broadcast;
  ValueId x = broadcast.Input({1, 5, 4, 4});
  broadcast.Output(broadcast.Add(
      "Eltwise", {AddConvolution(&broadcast, x, true), broadcast.Input({1, 1, 1, 4})}));
  ExpectStays(&broadcast);

  TestGraphBuilder activated;
  x = activated.Input({1, 5, 4, 4});
  activated.Output(activated.Add(
      "Eltwise", {AddConvolution(&activated, x, true, {{"activation", std::string("RELU")}}), x}));
  ExpectStays(&activated);

  TestGraphBuilder difference;
  x = difference.Input({1, 5, 4, 4});
  difference.Output(
      difference.Add("Eltwise", {AddConvolution(&difference, x, true), x}, {{"type", int64_t{1}}}));
  ExpectStays(&difference);

  TestGraphBuilder weighted;
  x = weighted.Input({1, 5, 4, 4});
  weighted.Output(weighted.Add("Eltwise", {AddConvolution(&weighted, x, true), x},
                               {{"coeff", std::vector<double>{1, 0.5}}}));
  ExpectStays(&weighted);

  TestGraphBuilder doubled;
  x = AddConvolution(&doubled, doubled.Input({1, 5, 4, 4}), true);
  doubled.Output(doubled.Add("Eltwise", {x, x}));
  ExpectStays(&doubled);

  TestGraphBuilder output;
  x = output.Input({1, 5, 4, 4});
  const ValueId y = AddConvolution(&output, x, true);
  output.Output(output.Add("Eltwise", {y, x}));
  output.Output(y);
  ExpectStays(&output);
}

TEST(FuseResidual, ProductsByWeights) {
  for (bool bias : {true, false}) {
    TestGraphBuilder builder;
    const ValueId x = builder.Input({2, 5, 6});
    std::vector<ValueId> inputs = {x, builder.Constant({6, 6})};
    if (bias) inputs.push_back(builder.Constant({6}));
    builder.Output(builder.Add("Eltwise", {x, builder.Add("MatMul", inputs)}));
    const Graph after = ExpectKeepsMeaning(builder.Build(), FuseResidual);
    ASSERT_EQ(after.nodes.size(), 1u);
    EXPECT_EQ(after.nodes[0].type, "MatMul");
    EXPECT_EQ(after.nodes[0].attributes.GetInt("residual", 0), 1);
    EXPECT_EQ(after.nodes[0].inputs[3], x);
  }
}

// Its kernels take no residual, or the sum would be activated.
TEST(FuseResidual, OtherProductsStay) {
  for (bool activated : {true, false}) {
    TestGraphBuilder builder;
    const ValueId x = builder.Input({2, 6, 6});
    const ValueId y = builder.Add("MatMul", {x, activated ? builder.Constant({6, 6}) : x});
    TestGraphBuilder::Attributes attributes;
    if (activated) attributes = {{"activation", std::string("RELU")}};
    builder.Output(builder.Add("Eltwise", {x, y}, attributes));
    EXPECT_EQ(ExpectKeepsMeaning(builder.Build(), FuseResidual).nodes.size(), 2u);
  }
}

}  // namespace
}  // namespace mace
