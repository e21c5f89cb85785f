#include "mace/passes/fold_pad.h"

#include "mace/passes/drop_dead.h"
#include "mace/testing/passes/pass_tester.h"

namespace mace {
namespace {

using Ints = std::vector<int64_t>;

Graph FoldAndDrop(const Graph& before) {
  return ExpectKeepsMeaning(ExpectKeepsMeaning(before, FoldPad), DropDead);
}

TEST(FoldPad, IntoEveryPaddingOfTheConvolution) {
  const TestGraphBuilder::Attributes paddings[] = {
      {{"padding", int64_t{0}}}, {{"padding", int64_t{1}}},        {{"padding", int64_t{2}}},
      {{"padding", int64_t{3}}}, {{"padding_values", Ints{1, 3}}}, {{"pads", Ints{0, 2, 1, 0}}},
  };
  for (const char* type : {"Conv2D", "DepthwiseConv2d"}) {
    for (TestGraphBuilder::Attributes attributes : paddings) {
      for (int64_t stride : {1, 2, 3}) {
        TestGraphBuilder builder;
        const ValueId x = builder.Input({2, 6, 7, 4});
        const ValueId padded =
            builder.Add("Pad", {x}, {{"paddings", Ints{0, 0, 2, 1, 0, 3, 0, 0}}});
        attributes.emplace_back("strides", Ints{stride, stride});
        const Shape filter = type[0] == 'C' ? Shape{5, 4, 3, 2} : Shape{2, 4, 3, 2};
        builder.Output(builder.Add(type, {padded, builder.Constant(filter)}, attributes));
        EXPECT_EQ(FoldAndDrop(builder.Build()).nodes.size(), 1u) << type << " stride " << stride;
        attributes.pop_back();
      }
    }
  }
}

TEST(FoldPad, PadOfAPadWithAnotherReader) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({1, 4, 4, 3});
  const ValueId once = builder.Add("Pad", {x}, {{"paddings", Ints{0, 0, 1, 0, 0, 0, 0, 0}}});
  const ValueId twice = builder.Add("Pad", {once}, {{"paddings", Ints{0, 0, 0, 1, 2, 2, 0, 0}}});
  builder.Output(
      builder.Add("Conv2D", {twice, builder.Constant({5, 3, 3, 3})}, {{"padding", int64_t{0}}}));
  builder.Output(once);
  const Graph after = FoldAndDrop(builder.Build());
  ASSERT_EQ(after.nodes.size(), 2u);
  EXPECT_EQ(after.nodes[1].attributes.GetInts("pads"), (Ints{1, 2, 1, 2}));
}

TEST(FoldPad, StaysWhereItIsNoZeroMargin) {
  const TestGraphBuilder::Attributes pads[] = {
      {{"paddings", Ints{0, 0, 1, 1, 1, 1, 0, 1}}},
      {{"paddings", Ints{1, 0, 1, 1, 1, 1, 0, 0}}},
      {{"paddings", Ints{0, 0, 1, 1, 1, 1, 0, 0}}, {"constant_value", 0.5}},
      {{"paddings", Ints{0, 0, 1, 1, 1, 1, 0, 0}}, {"pad_type", int64_t{1}}},
  };
  for (const TestGraphBuilder::Attributes& attributes : pads) {
    // The first one pads the three channels to four.
    const int64_t channels = &attributes == pads ? 4 : 3;
    TestGraphBuilder builder;
    const ValueId x = builder.Input({1, 4, 4, 3});
    const ValueId padded = builder.Add("Pad", {x}, attributes);
    builder.Output(builder.Add("Conv2D", {padded, builder.Constant({5, channels, 3, 3})}));
    EXPECT_EQ(FoldAndDrop(builder.Build()).nodes.size(), 2u);
  }
}

}  // namespace
}  // namespace mace
