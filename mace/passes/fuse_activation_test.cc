#include "mace/passes/fuse_activation.h"

#include "mace/testing/passes/pass_tester.h"

namespace mace {
namespace {

using Attributes = TestGraphBuilder::Attributes;

const Attributes kActivations[] = {
    {{"activation", std::string("RELU")}},
    {{"activation", std::string("RELUX")}, {"max_limit", 0.25}},
    {{"activation", std::string("TANH")}},
    {{"activation", std::string("SIGMOID")}},
    {{"activation", std::string("LEAKYRELU")}, {"activation_coefficient", 0.2}},
    {{"activation", std::string("ELU")}, {"activation_coefficient", 0.7}},
    {{"activation", std::string("HARDSIGMOID")},
     {"hardsigmoid_alpha", 0.3},
     {"hardsigmoid_beta", 0.4}},
};

ValueId AddConvolution(TestGraphBuilder* builder, const Attributes& attributes = {}) {
  const ValueId x = builder->Input({1, 4, 5, 3});
  return builder->Add("Conv2D", {x, builder->Constant({6, 3, 3, 3})}, attributes);
}

TEST(FuseActivation, EveryKindIntoAConvolution) {
  for (const Attributes& attributes : kActivations) {
    TestGraphBuilder builder;
    // A coefficient left on a node without activation must not become the activation's.
    const ValueId x = AddConvolution(&builder, {{"activation_coefficient", 9.0}});
    builder.Output(builder.Add("Activation", {x}, attributes));
    const Graph after = ExpectKeepsMeaning(builder.Build(), FuseActivation);
    ASSERT_EQ(after.nodes.size(), 1u);
    EXPECT_EQ(after.nodes[0].type, "Conv2D");
  }
}

TEST(FuseActivation, IntoBatchNormAndSums) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({2, 3, 3, 5});
  const ValueId norm = builder.Add("BatchNorm", {x, builder.Constant({5}), builder.Constant({5})});
  const ValueId a = builder.Add("Activation", {norm}, kActivations[0]);
  const ValueId sum = builder.Add("Eltwise", {a, x}, {{"type", int64_t{0}}});
  builder.Output(builder.Add("Activation", {sum}, kActivations[1]));
  EXPECT_EQ(ExpectKeepsMeaning(builder.Build(), FuseActivation).nodes.size(), 2u);
}

TEST(FuseActivation, ClipFromZero) {
  for (double low : {0.0, 0.1}) {
    TestGraphBuilder builder;
    const ValueId x = AddConvolution(&builder);
    builder.Output(builder.Add("Eltwise", {x},
                               {{"type", int64_t{12}}, {"coeff", std::vector<double>{low, 0.3}}}));
    const Graph after = ExpectKeepsMeaning(builder.Build(), FuseActivation);
    EXPECT_EQ(after.nodes.size(), low == 0 ? 1u : 2u);
  }
}

TEST(FuseActivation, FunctionsThatAreActivations) {
  for (const char* function : {"relu", "tanh", "sigmoid", "exp"}) {
    TestGraphBuilder builder;
    const ValueId x = AddConvolution(&builder);
    builder.Output(builder.Add("Unary", {x}, {{"function", std::string(function)}}));
    const Graph after = ExpectKeepsMeaning(builder.Build(), FuseActivation);
    EXPECT_EQ(after.nodes.size(), function == std::string("exp") ? 2u : 1u) << function;
  }
}

TEST(FuseActivation, OneForANode) {
  TestGraphBuilder builder;
  const ValueId x = AddConvolution(&builder);
  const ValueId y = builder.Add("Activation", {x}, kActivations[4]);
  builder.Output(builder.Add("Activation", {y}, kActivations[3]));
  EXPECT_EQ(ExpectKeepsMeaning(builder.Build(), FuseActivation).nodes.size(), 2u);
}

TEST(FuseActivation, PreluStays) {
  TestGraphBuilder builder;
  const ValueId x = AddConvolution(&builder);
  builder.Output(builder.Add("Activation", {x, builder.Constant({6})},
                             {{"activation", std::string("PRELU")}}));
  EXPECT_EQ(ExpectKeepsMeaning(builder.Build(), FuseActivation).nodes.size(), 2u);
}

TEST(FuseActivation, StaysWhereTheResultIsReadOtherwise) {
  TestGraphBuilder output;
  const ValueId x = AddConvolution(&output);
  output.Output(output.Add("Activation", {x}, kActivations[0]));
  output.Output(x);
  EXPECT_EQ(ExpectKeepsMeaning(output.Build(), FuseActivation).nodes.size(), 2u);

  TestGraphBuilder reader;
  const ValueId y = AddConvolution(&reader);
  reader.Output(reader.Add("Activation", {y}, kActivations[0]));
  reader.Output(reader.Add("Activation", {y}, kActivations[2]));
  EXPECT_EQ(ExpectKeepsMeaning(reader.Build(), FuseActivation).nodes.size(), 3u);
}

}  // namespace
}  // namespace mace
