#include "mace/passes/pass.h"

#include "mace/testing/passes/pass_tester.h"

namespace mace {
namespace {

using Ints = std::vector<int64_t>;

Graph ExpectPassesKeepMeaning(const Graph& before) { return ExpectKeepsMeaning(before, RunPasses); }

ValueId Relu(TestGraphBuilder* builder, ValueId x) {
  return builder->Add("Activation", {x}, {{"activation", std::string("RELU")}});
}

ValueId Norm(TestGraphBuilder* builder, ValueId x, int64_t channels) {
  return builder->Add("BatchNorm",
                      {x, builder->Constant({channels}), builder->Constant({channels})});
}

// A residual block of TensorFlow: Pad, Conv2D, BatchNorm, Relu, Conv2D, BatchNorm, sum, Relu.
TEST(RunPasses, ResidualBlockIsTwoConvolutions) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({2, 6, 5, 4});
  const ValueId padded = builder.Add("Pad", {x}, {{"paddings", Ints{0, 0, 1, 1, 1, 1, 0, 0}}});
  ValueId y =
      builder.Add("Conv2D", {padded, builder.Constant({4, 4, 3, 3})}, {{"padding", int64_t{0}}});
  y = Relu(&builder, Norm(&builder, y, 4));
  y = builder.Add("Conv2D", {y, builder.Constant({4, 4, 3, 3})});
  y = Norm(&builder, y, 4);
  y = Relu(&builder, builder.Add("Eltwise", {x, y}));
  builder.Output(builder.Add("Identity", {y}));
  const Graph after = ExpectPassesKeepMeaning(builder.Build());
  EXPECT_EQ(after.nodes.size(), 2u) << DumpGraph(after);
}

// A residual block of ONNX, where every spatial node stands between Transposes.
TEST(RunPasses, OnnxBlockWithChannelScale) {
  TestGraphBuilder builder;
  const Ints to_nhwc = {0, 2, 3, 1}, to_nchw = {0, 3, 1, 2};
  const ValueId x = builder.Input({1, 4, 6, 5});
  const auto convolution = [&](ValueId in, int64_t channels_in, int64_t channels, int64_t kernel) {
    const ValueId nhwc = builder.Add("Transpose", {in}, {{"dims", to_nhwc}});
    const ValueId filter = builder.Constant({channels, channels_in, kernel, kernel});
    const ValueId y = builder.Add("Conv2D", {nhwc, filter});
    return builder.Add("Transpose", {y}, {{"dims", to_nchw}});
  };
  const ValueId a = Relu(&builder, convolution(x, 4, 8, 3));
  const ValueId mean = builder.Add(
      "Reduce", {a}, {{"reduce_type", int64_t{0}}, {"axis", Ints{2, 3}}, {"keepdims", int64_t{1}}});
  const ValueId squeezed = Relu(&builder, convolution(mean, 8, 2, 1));
  const ValueId channel_scale = builder.Add("Activation", {convolution(squeezed, 2, 8, 1)},
                                            {{"activation", std::string("SIGMOID")}});
  const ValueId scaled = builder.Add("Eltwise", {a, channel_scale}, {{"type", int64_t{2}}});
  const ValueId sum = builder.Add("Eltwise", {convolution(scaled, 8, 4, 1), x});
  builder.Output(sum);
  const Graph after = ExpectPassesKeepMeaning(builder.Build());
  // In and out; the sum with x is one convolution with a residual, on whichever side of the first.
  EXPECT_LE(CountNodes(after, "Transpose"), 2) << DumpGraph(after);
  EXPECT_EQ(CountNodes(after, "Conv2D"), 4);
  EXPECT_EQ(CountNodes(after, "Activation"), 0);
  // The sum; the product is the last convolution's channel_scale.
  EXPECT_EQ(CountNodes(after, "Eltwise"), 1) << DumpGraph(after);
}

TEST(RunPasses, ClassifierHead) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({1, 6, 5, 8});
  const ValueId mean = builder.Add(
      "Reduce", {x}, {{"reduce_type", int64_t{0}}, {"axis", Ints{1, 2}}, {"keepdims", int64_t{1}}});
  const ValueId nchw = builder.Add("Transpose", {mean}, {{"dims", Ints{0, 3, 1, 2}}});
  const ValueId flat = builder.Add("Reshape", {nchw}, {{"dim", Ints{0, -1}}});
  builder.Output(builder.Add("MatMul", {flat, builder.Constant({8, 10})}));
  const Graph after = ExpectPassesKeepMeaning(builder.Build());
  EXPECT_EQ(after.nodes.size(), 3u) << DumpGraph(after);
  EXPECT_EQ(CountNodes(after, "Reshape"), 1);
}

TEST(RunPasses, RunsTwiceToTheSame) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({2, 6, 5, 4});
  ValueId y = builder.Add("Conv2D", {x, builder.Constant({4, 4, 3, 3})});
  y = Relu(&builder, builder.Add("Eltwise", {Norm(&builder, y, 4), x}));
  builder.Output(builder.Add("Transpose", {y}, {{"dims", Ints{0, 3, 1, 2}}}));
  const Graph once = ExpectPassesKeepMeaning(builder.Build());
  EXPECT_EQ(DumpGraph(ExpectPassesKeepMeaning(once)), DumpGraph(once));
}

TEST(RunPasses, RefusesABadGraph) {
  Graph graph;
  graph.outputs.emplace_back();
  const Status status = RunPasses(&graph);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("before the passes"), std::string::npos);
}

}  // namespace
}  // namespace mace
