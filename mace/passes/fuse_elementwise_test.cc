#include "mace/passes/fuse_elementwise.h"

#include "mace/passes/pass.h"
#include "mace/testing/passes/pass_tester.h"

namespace mace {
namespace {

using Attributes = TestGraphBuilder::Attributes;

constexpr int64_t kSum = 0, kSub = 1, kProd = 2, kDiv = 3, kGreater = 18;

ValueId Unary(TestGraphBuilder* builder, ValueId x, const std::string& function) {
  return builder->Add("Unary", {x}, {{"function", function}});
}
ValueId Binary(TestGraphBuilder* builder, int64_t type, ValueId a, ValueId b) {
  return builder->Add("Eltwise", {a, b}, {{"type", type}});
}
ValueId WithScalar(TestGraphBuilder* builder, int64_t type, ValueId x, double scalar) {
  return builder->Add("Eltwise", {x}, {{"type", type}, {"scalar_input", scalar}});
}

Graph Fuse(TestGraphBuilder* builder) {
  return ExpectKeepsMeaning(builder->Build(), FuseElementwise);
}

TEST(FuseElementwise, TwoInARow) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({2, 3, 5});
  builder.Output(Unary(&builder, Unary(&builder, x, "exp"), "sin"));
  const Graph after = Fuse(&builder);
  ASSERT_EQ(after.nodes.size(), 1u) << DumpGraph(after);
  EXPECT_EQ(after.nodes[0].type, "FusedElementwise");
  EXPECT_EQ(after.nodes[0].name, "Unary_1");
  EXPECT_EQ(after.nodes[0].steps.size(), 2u);
  EXPECT_NE(DumpGraph(after).find("[@0 = Unary(%0) {function=exp}; @1 = Unary(@0) {function=sin}]"),
            std::string::npos)
      << DumpGraph(after);
}

TEST(FuseElementwise, OneStays) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({2, 3, 5});
  builder.Output(Unary(&builder, x, "exp"));
  EXPECT_EQ(CountNodes(Fuse(&builder), "FusedElementwise"), 0);
}

// Casts between float kinds, and activations that do nothing, cost no launch.
TEST(FuseElementwise, NoLaunchIsWonByACast) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({2, 3, 5});
  const ValueId cast = builder.Add("Cast", {x}, {{"dtype", std::string("float32")}});
  builder.Output(Unary(&builder, cast, "exp"));
  EXPECT_EQ(Fuse(&builder).nodes.size(), 2u);
}

// GELU: x is read twice, at both ends.
TEST(FuseElementwise, AValueReadTwiceWithin) {
  TestGraphBuilder builder;
  const ValueId in = builder.Input({2, 3, 5});
  const ValueId x = Unary(&builder, in, "square");
  ValueId y = Unary(&builder, WithScalar(&builder, kDiv, x, 1.414), "erf");
  y = Binary(&builder, kProd, x, WithScalar(&builder, kSum, y, 1));
  builder.Output(WithScalar(&builder, kProd, y, 0.5));
  const Graph after = Fuse(&builder);
  ASSERT_EQ(after.nodes.size(), 1u) << DumpGraph(after);
  EXPECT_EQ(after.nodes[0].inputs, std::vector<ValueId>{in});
  EXPECT_EQ(after.nodes[0].steps.size(), 6u);
}

TEST(FuseElementwise, AValueReadOutsideStays) {
  TestGraphBuilder builder;
  const ValueId x = Unary(&builder, builder.Input({2, 3, 5}), "exp");
  builder.Output(Unary(&builder, Unary(&builder, x, "sin"), "cos"));
  builder.Output(builder.Add("Softmax", {x}));
  const Graph after = Fuse(&builder);
  EXPECT_EQ(after.nodes.size(), 3u) << DumpGraph(after);
  EXPECT_EQ(CountNodes(after, "FusedElementwise"), 1);
}

TEST(FuseElementwise, AnOutputOfTheGraphStays) {
  TestGraphBuilder builder;
  const ValueId x = Unary(&builder, builder.Input({2, 3, 5}), "exp");
  const ValueId y = Unary(&builder, x, "sin");
  builder.Output(y);
  builder.Output(Unary(&builder, Unary(&builder, y, "cos"), "tanh"));
  const Graph after = Fuse(&builder);
  EXPECT_EQ(after.nodes.size(), 2u) << DumpGraph(after);
  EXPECT_EQ(CountNodes(after, "FusedElementwise"), 2);
}

// A result with fewer elements would be computed once for each element that reads it.
TEST(FuseElementwise, ASmallerResultIsComputedOnce) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({2, 6, 5, 4});
  const ValueId scale = Unary(&builder, builder.Input({2, 1, 1, 4}), "sigmoid");
  builder.Output(Unary(&builder, Binary(&builder, kProd, x, scale), "sin"));
  const Graph after = Fuse(&builder);
  ASSERT_EQ(after.nodes.size(), 2u) << DumpGraph(after);
  EXPECT_EQ(after.nodes[0].type, "Unary");
}

TEST(FuseElementwise, OperandsBroadcast) {
  TestGraphBuilder builder;
  const ValueId mean = builder.Input({2, 5, 1});
  const ValueId x = builder.Input({2, 5, 8});
  ValueId y = Binary(&builder, kDiv, Binary(&builder, kSub, x, mean), builder.Constant({1}, 2, 3));
  y = Binary(&builder, kProd, y, builder.Constant({8}));
  builder.Output(builder.Add("BiasAdd", {y, builder.Constant({8})}));
  const Graph after = Fuse(&builder);
  ASSERT_EQ(after.nodes.size(), 1u) << DumpGraph(after);
  // The input with the result's shape comes first.
  EXPECT_EQ(after.nodes[0].inputs[0], x);
}

TEST(FuseElementwise, ComparisonsAndChoices) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({2, 5, 8});
  const ValueId above = WithScalar(&builder, kGreater, x, 0.1);
  builder.Output(builder.Add("Where", {above, Unary(&builder, x, "exp"), x}));
  EXPECT_EQ(Fuse(&builder).nodes.size(), 1u);
}

TEST(FuseElementwise, IntegersStay) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({2, 5});
  const ValueId cast = builder.Add("Cast", {x}, {{"dtype", std::string("int32")}});
  const ValueId y =
      builder.Add("Unary", {builder.Add("Unary", {cast}, {{"function", std::string("neg")}})},
                  {{"function", std::string("abs")}});
  builder.Output(y);
  EXPECT_EQ(Fuse(&builder).nodes.size(), 3u);
}

TEST(FuseElementwise, NoMoreOperandsThanAKernelTakes) {
  TestGraphBuilder builder;
  ValueId sum = builder.Input({2, 5});
  for (int i = 0; i < 10; ++i) sum = Binary(&builder, kSum, sum, builder.Input({2, 5}));
  builder.Output(sum);
  const Graph after = Fuse(&builder);
  EXPECT_EQ(after.nodes.size(), 2u) << DumpGraph(after);
  for (const Node& node : after.nodes) EXPECT_LE(node.inputs.size(), 8u);
}

TEST(FuseElementwise, NoMoreStepsThanATextIsWorth) {
  TestGraphBuilder builder;
  ValueId x = builder.Input({2, 5});
  for (int i = 0; i < 50; ++i) x = Unary(&builder, x, i % 2 == 0 ? "sin" : "cos");
  builder.Output(x);
  EXPECT_EQ(Fuse(&builder).nodes.size(), 3u);
}

// Other passes come first: a convolution keeps its activation and its residual.
TEST(FuseElementwise, LeavesToConvolutionsWhatTheyTake) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({1, 6, 5, 4});
  ValueId y = builder.Add("Conv2D", {x, builder.Constant({4, 4, 3, 3})});
  y = Binary(&builder, kSum, y, x);
  y = builder.Add("Activation", {y}, {{"activation", std::string("RELU")}});
  builder.Output(Unary(&builder, y, "sin"));
  const Graph after = ExpectKeepsMeaning(builder.Build(), RunPasses);
  EXPECT_EQ(after.nodes.size(), 2u) << DumpGraph(after);
  EXPECT_EQ(CountNodes(after, "FusedElementwise"), 0);
}

}  // namespace
}  // namespace mace
