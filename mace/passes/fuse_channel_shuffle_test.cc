#include "mace/passes/fuse_channel_shuffle.h"

#include "mace/passes/pass.h"
#include "mace/testing/passes/pass_tester.h"

namespace mace {
namespace {

using Ints = std::vector<int64_t>;

ValueId Relu(TestGraphBuilder* builder, ValueId x) {
  return builder->Add("Activation", {x}, {{"activation", std::string("RELU")}});
}

ValueId Slice(TestGraphBuilder* builder, ValueId x, int64_t begin, int64_t end) {
  return builder->Add("Slice", {x},
                      {{"axes", Ints{3}}, {"starts", Ints{begin}}, {"ends", Ints{end}}});
}

// The shuffle of two groups of 5 channels, with what goes into it and comes out of it.
struct Unit {
  TestGraphBuilder builder;
  ValueId shuffled = kNoValue;
  explicit Unit(int64_t group = 2) {
    const ValueId a = Relu(&builder, builder.Input({2, 3, 4, 5}));
    const ValueId b = Relu(&builder, builder.Input({2, 3, 4, 5}));
    const ValueId joined = builder.Add("Concat", {a, b}, {{"axis", int64_t{3}}});
    shuffled = builder.Add("ChannelShuffle", {joined}, {{"group", group}});
  }
};

TEST(FuseChannelShuffle, TakesInConcatAndSlices) {
  for (int64_t cut : {5, 4, 7}) {
    Unit unit;
    unit.builder.Output(Relu(&unit.builder, Slice(&unit.builder, unit.shuffled, cut, 10)));
    unit.builder.Output(Relu(&unit.builder, Slice(&unit.builder, unit.shuffled, 0, cut)));
    const Graph after = ExpectKeepsMeaning(unit.builder.Build(), FuseChannelShuffle);
    EXPECT_EQ(CountNodes(after, "Concat"), 0);
    EXPECT_EQ(CountNodes(after, "Slice"), 0);
    for (const Node& node : after.nodes) {
      if (node.type != "ChannelShuffle") continue;
      EXPECT_EQ(node.inputs.size(), 2u);
      EXPECT_EQ(node.outputs.size(), 2u);
      EXPECT_EQ(node.attributes.GetInt("split", 0), cut);
    }
  }
}

TEST(FuseChannelShuffle, TakesInASplit) {
  Unit unit;
  const auto parts = unit.builder.AddMany("Split", {unit.shuffled}, {{"axis", int64_t{3}}}, 2);
  for (ValueId part : parts) unit.builder.Output(Relu(&unit.builder, part));
  const Graph after = ExpectKeepsMeaning(unit.builder.Build(), FuseChannelShuffle);
  EXPECT_EQ(CountNodes(after, "Split"), 0);
  EXPECT_EQ(CountNodes(after, "Concat"), 0);
}

TEST(FuseChannelShuffle, WhatElseReadsTheWholeKeepsIt) {
  Unit unit;
  unit.builder.Output(Slice(&unit.builder, unit.shuffled, 0, 5));
  unit.builder.Output(Slice(&unit.builder, unit.shuffled, 5, 10));
  unit.builder.Output(unit.shuffled);
  const Graph after = ExpectKeepsMeaning(unit.builder.Build(), FuseChannelShuffle);
  EXPECT_EQ(CountNodes(after, "Slice"), 2);
  EXPECT_EQ(CountNodes(after, "Concat"), 0);
}

TEST(FuseChannelShuffle, OtherCutsAndGroupsStay) {
  Unit overlapping;
  overlapping.builder.Output(Slice(&overlapping.builder, overlapping.shuffled, 0, 6));
  overlapping.builder.Output(Slice(&overlapping.builder, overlapping.shuffled, 5, 10));
  EXPECT_EQ(
      CountNodes(ExpectKeepsMeaning(overlapping.builder.Build(), FuseChannelShuffle), "Slice"), 2);
  Unit five(5);
  five.builder.Output(Relu(&five.builder, five.shuffled));
  EXPECT_EQ(CountNodes(ExpectKeepsMeaning(five.builder.Build(), FuseChannelShuffle), "Concat"), 1);
}

}  // namespace
}  // namespace mace
