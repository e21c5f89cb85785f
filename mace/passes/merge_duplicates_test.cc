#include "mace/passes/merge_duplicates.h"

#include "mace/testing/passes/pass_tester.h"

namespace mace {
namespace {

ValueId Scalar(TestGraphBuilder* builder, ValueId x, double scalar) {
  return builder->Add("Eltwise", {x}, {{"type", int64_t{2}}, {"scalar_input", scalar}});
}

TEST(MergeDuplicates, EqualNodesAndWhatFollowsFromThem) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({2, 4});
  const ValueId a = Scalar(&builder, Scalar(&builder, x, 2), 3);
  const ValueId b = Scalar(&builder, Scalar(&builder, x, 2), 3);
  builder.Output(builder.Add("Eltwise", {a, b}));
  EXPECT_EQ(ExpectKeepsMeaning(builder.Build(), MergeDuplicates).nodes.size(), 3u);
}

TEST(MergeDuplicates, OthersStay) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({2, 4}), y = builder.Input({2, 4});
  // These nodes differ in an attribute, an input, and the order of inputs.
  const ValueId parts[] = {Scalar(&builder, x, 2), Scalar(&builder, x, 2.5), Scalar(&builder, y, 2),
                           builder.Add("Eltwise", {x, y}, {{"type", int64_t{1}}}),
                           builder.Add("Eltwise", {y, x}, {{"type", int64_t{1}}})};
  for (ValueId part : parts) builder.Output(part);
  EXPECT_EQ(ExpectKeepsMeaning(builder.Build(), MergeDuplicates).nodes.size(), 5u);
}

TEST(MergeDuplicates, GraphOutputsKeepTheirNodes) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({2, 4});
  builder.Output(Scalar(&builder, x, 2));
  builder.Output(Scalar(&builder, x, 2));
  const Graph after = ExpectKeepsMeaning(builder.Build(), MergeDuplicates);
  EXPECT_EQ(after.nodes.size(), 2u);
  EXPECT_NE(after.outputs[0].value, after.outputs[1].value);
}

}  // namespace
}  // namespace mace
