#include "mace/passes/fuse_channel_scale.h"

#include "mace/passes/fuse_residual.h"
#include "mace/testing/passes/pass_tester.h"

namespace mace {
namespace {

ValueId Product(TestGraphBuilder* builder, ValueId a, ValueId b,
                TestGraphBuilder::Attributes attributes = {}) {
  attributes.emplace_back("type", int64_t{2});
  return builder->Add("Eltwise", {a, b}, std::move(attributes));
}

// A convolution of 4 channels to 6.
ValueId Convolve(TestGraphBuilder* builder, ValueId x, int64_t kernel = 1) {
  return builder->Add("Conv2D", {x, builder->Constant({6, 4, kernel, kernel})});
}

TEST(FuseChannelScale, ScaleOnEitherSide) {
  for (bool bias : {true, false}) {
    for (bool first : {true, false}) {
      TestGraphBuilder builder;
      const ValueId x = builder.Input({2, 5, 3, 4}), channel_scale = builder.Input({2, 1, 1, 4});
      const ValueId product =
          first ? Product(&builder, channel_scale, x) : Product(&builder, x, channel_scale);
      std::vector<ValueId> inputs = {product, builder.Constant({6, 4, 1, 1})};
      if (bias) inputs.push_back(builder.Constant({6}));
      builder.Output(builder.Add("Conv2D", inputs, {{"activation", std::string("RELU")}}));
      const Graph after = ExpectKeepsMeaning(builder.Build(), FuseChannelScale);
      ASSERT_EQ(after.nodes.size(), 1u);
      const Node& node = after.nodes[0];
      EXPECT_EQ(node.attributes.GetInt("channel_scale", 0), 1);
      ASSERT_EQ(node.inputs.size(), 4u);
      EXPECT_EQ(node.inputs[0], x);
      EXPECT_EQ(node.inputs[2] == kNoValue, !bias);
      EXPECT_EQ(node.inputs[3], channel_scale);
    }
  }
}

TEST(FuseChannelScale, WithStridesAndBesideAResidual) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({2, 5, 3, 4}), channel_scale = builder.Input({2, 1, 1, 4});
  const std::vector<int64_t> strides = {2, 2};
  const ValueId y =
      builder.Add("Conv2D", {Product(&builder, x, channel_scale), builder.Constant({6, 4, 1, 1})},
                  {{"strides", strides}});
  builder.Output(builder.Add("Eltwise", {y, builder.Input({2, 3, 2, 6})}));
  const Graph before = ExpectKeepsMeaning(builder.Build(), FuseResidual);
  const Graph after = ExpectKeepsMeaning(before, FuseChannelScale);
  ASSERT_EQ(after.nodes.size(), 1u);
  ASSERT_EQ(after.nodes[0].inputs.size(), 5u);
  EXPECT_EQ(after.nodes[0].inputs[4], channel_scale);
}

// The opposite order leaves the sum, because a channel scale stands where the residual would go.
TEST(FuseChannelScale, TakesNoResidualAfterwards) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({2, 5, 3, 4}), channel_scale = builder.Input({2, 1, 1, 4});
  const ValueId y = Convolve(&builder, Product(&builder, x, channel_scale));
  builder.Output(builder.Add("Eltwise", {y, builder.Input({2, 5, 3, 6})}));
  const Graph before = ExpectKeepsMeaning(builder.Build(), FuseChannelScale);
  EXPECT_EQ(before.nodes.size(), 2u);
  EXPECT_EQ(ExpectKeepsMeaning(before, FuseResidual).nodes.size(), 2u);
}

// A channel_scale of a scaled tensor: the inner product stays.
TEST(FuseChannelScale, OneScaleAConvolution) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({2, 5, 3, 4}), channel_scale = builder.Input({2, 1, 1, 4});
  const ValueId inner = Product(&builder, x, channel_scale);
  builder.Output(Convolve(&builder, Product(&builder, inner, builder.Input({2, 1, 1, 4}))));
  const Graph once = ExpectKeepsMeaning(builder.Build(), FuseChannelScale);
  EXPECT_EQ(once.nodes.size(), 2u);
  EXPECT_EQ(ExpectKeepsMeaning(once, FuseChannelScale).nodes.size(), 2u);
}

// Runs the pass over the graph that `build` makes of x, which is to stay as it is.
template <typename Build>
void ExpectStays(const Shape& x, const Build& build) {
  TestGraphBuilder builder;
  build(&builder, builder.Input(x));
  const Graph before = builder.Build();
  const Graph after = ExpectKeepsMeaning(before, FuseChannelScale);
  EXPECT_EQ(DumpGraph(after), DumpGraph(before));
}

TEST(FuseChannelScale, StaysWhereTheProductIsNeeded) {
  ExpectStays({2, 5, 3, 4}, [](TestGraphBuilder* builder, ValueId x) {  // Read twice.
    const ValueId product = Product(builder, x, builder->Input({2, 1, 1, 4}));
    builder->Output(Convolve(builder, product));
    builder->Output(Convolve(builder, product));
  });
  ExpectStays({2, 5, 3, 4}, [](TestGraphBuilder* builder, ValueId x) {  // A graph output.
    const ValueId product = Product(builder, x, builder->Input({2, 1, 1, 4}));
    builder->Output(Convolve(builder, product));
    builder->Output(product);
  });
  ExpectStays({2, 5, 3, 4}, [](TestGraphBuilder* builder, ValueId x) {  // Not of a convolution.
    builder->Output(Product(builder, x, builder->Input({2, 1, 1, 4})));
  });
  ExpectStays({2, 5, 3, 6}, [](TestGraphBuilder* builder, ValueId x) {  // A residual.
    const ValueId product = Product(builder, x, builder->Input({2, 1, 1, 6}));
    builder->Output(builder->Add(
        "Conv2D",
        {builder->Input({2, 5, 3, 4}), builder->Constant({6, 4, 1, 1}), kNoValue, product},
        {{"residual", int64_t{1}}}));
  });
}

TEST(FuseChannelScale, StaysWhereItIsNoChannelScale) {
  for (const Shape& channel_scale : {Shape{2, 5, 3, 4}, Shape{1, 1, 1, 4}, Shape{2, 5, 3, 1},
                                     Shape{2, 1, 3, 4}, Shape{4}, Shape{2, 1, 1, 1}}) {
    SCOPED_TRACE(channel_scale.ToString());
    ExpectStays({2, 5, 3, 4}, [&](TestGraphBuilder* builder, ValueId x) {
      builder->Output(Convolve(builder, Product(builder, x, builder->Input(channel_scale))));
    });
  }
  ExpectStays({2, 5, 3, 4}, [](TestGraphBuilder* builder, ValueId x) {  // Weights.
    builder->Output(Convolve(builder, Product(builder, x, builder->Constant({2, 1, 1, 4}))));
  });
  ExpectStays({2, 5, 3, 4}, [](TestGraphBuilder* builder, ValueId x) {  // A sum.
    const ValueId sum = builder->Add("Eltwise", {x, builder->Input({2, 1, 1, 4})});
    builder->Output(Convolve(builder, sum));
  });
  ExpectStays({2, 5, 3, 4}, [](TestGraphBuilder* builder, ValueId x) {
    const ValueId product =
        Product(builder, x, builder->Input({2, 1, 1, 4}), {{"activation", std::string("RELU")}});
    builder->Output(Convolve(builder, product));
  });
}

TEST(FuseChannelScale, StaysWhereItDoesNotPay) {
  ExpectStays({2, 1, 1, 4}, [](TestGraphBuilder* builder, ValueId x) {  // One pixel.
    builder->Output(Convolve(builder, Product(builder, x, builder->Input({2, 1, 1, 4}))));
  });
  ExpectStays({2, 5, 3, 4}, [](TestGraphBuilder* builder, ValueId x) {
    builder->Output(Convolve(builder, Product(builder, x, builder->Input({2, 1, 1, 4})), 3));
  });
  ExpectStays({2, 5, 3, 8}, [](TestGraphBuilder* builder, ValueId x) {
    builder->Output(builder->Add(
        "Conv2D",
        {Product(builder, x, builder->Input({2, 1, 1, 8})), builder->Constant({6, 4, 1, 1})},
        {{"group", int64_t{2}}}));
  });
}

}  // namespace
}  // namespace mace
