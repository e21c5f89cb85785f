#include "mace/passes/recognize_channel_shuffle.h"

#include "mace/passes/pass.h"
#include "mace/testing/passes/pass_tester.h"

namespace mace {
namespace {

using Ints = std::vector<int64_t>;

ValueId Reshape(TestGraphBuilder* builder, ValueId x, const Ints& dims) {
  return builder->Add("Reshape", {x}, {{"dim", dims}});
}

ValueId Transpose(TestGraphBuilder* builder, ValueId x, const Ints& dims) {
  return builder->Add("Transpose", {x}, {{"dims", dims}});
}

TEST(RecognizeChannelShuffle, AlongTheLastAxis) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({2, 3, 4, 6});
  const ValueId y = Transpose(&builder, Reshape(&builder, x, {2, 3, 4, 2, 3}), {0, 1, 2, 4, 3});
  builder.Output(Reshape(&builder, y, {2, 3, 4, 6}));
  const Graph after = ExpectKeepsMeaning(builder.Build(), RecognizeChannelShuffle);
  ASSERT_EQ(after.nodes.size(), 1u);
  EXPECT_EQ(after.nodes[0].type, "ChannelShuffle");
  EXPECT_EQ(after.nodes[0].attributes.GetInt("group", 0), 2);
}

TEST(RecognizeChannelShuffle, BetweenConvolutionsOfOnnx) {
  TestGraphBuilder builder;
  ValueId x = builder.Input({1, 5, 4, 3});
  x = builder.Add("Conv2D", {x, builder.Constant({6, 3, 3, 3})});
  x = Transpose(&builder, x, {0, 3, 1, 2});
  x = Transpose(&builder, Reshape(&builder, x, {1, 2, 3, 5, 4}), {0, 2, 1, 3, 4});
  x = Transpose(&builder, Reshape(&builder, x, {1, 6, 5, 4}), {0, 2, 3, 1});
  builder.Output(builder.Add("Conv2D", {x, builder.Constant({4, 6, 3, 3})}));
  const Graph before = builder.Build();
  ExpectKeepsMeaning(before, RecognizeChannelShuffle);
  const Graph after = ExpectKeepsMeaning(before, RunPasses);
  EXPECT_EQ(after.nodes.size(), 3u) << DumpGraph(after);
  EXPECT_EQ(CountNodes(after, "ChannelShuffle"), 1);
}

TEST(RecognizeChannelShuffle, OthersStay) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({2, 6, 4, 6});
  // Rows are shuffled, not channels; another order; another shape; a reader in between.
  ValueId y = Transpose(&builder, Reshape(&builder, x, {2, 6, 2, 2, 6}), {0, 1, 3, 2, 4});
  builder.Output(Reshape(&builder, y, {2, 6, 4, 6}));
  y = Transpose(&builder, Reshape(&builder, x, {2, 6, 4, 2, 3}), {0, 2, 1, 4, 3});
  builder.Output(Reshape(&builder, y, {2, 6, 4, 6}));
  y = Transpose(&builder, Reshape(&builder, x, {2, 6, 4, 2, 3}), {0, 1, 2, 4, 3});
  builder.Output(Reshape(&builder, y, {2, 6, 24}));
  y = Transpose(&builder, Reshape(&builder, x, {2, 6, 4, 2, 3}), {0, 1, 2, 4, 3});
  builder.Output(Reshape(&builder, y, {2, 6, 4, 6}));
  builder.Output(y);
  const Graph after = ExpectKeepsMeaning(builder.Build(), RecognizeChannelShuffle);
  EXPECT_EQ(CountNodes(after, "ChannelShuffle"), 0);
}

}  // namespace
}  // namespace mace
