#include "mace/passes/simplify_reshape.h"

#include "mace/passes/drop_dead.h"
#include "mace/testing/passes/pass_tester.h"

namespace mace {
namespace {

using Ints = std::vector<int64_t>;

Graph SimplifyAndDrop(TestGraphBuilder* builder) {
  return ExpectKeepsMeaning(ExpectKeepsMeaning(builder->Build(), SimplifyReshape), DropDead);
}

ValueId Negative(TestGraphBuilder* builder, ValueId x) {
  return builder->Add("Eltwise", {x}, {{"type", int64_t{6}}});
}

TEST(SimplifyReshape, ChainsBecomeOne) {
  TestGraphBuilder builder;
  const ValueId x = Negative(&builder, builder.Input({2, 1, 6, 1}));
  const ValueId shape =
      builder.Constant(HostTensor::FromVector<int32_t>(DType::kInt32, {2}, {4, -1}));
  ValueId y = builder.Add("Squeeze", {x}, {{"axis", Ints{1}}});
  y = builder.Add("Reshape", {y, shape});
  y = builder.Add("Unsqueeze", {y}, {{"axis", Ints{0}}});
  builder.Output(Negative(&builder, y));
  const Graph after = SimplifyAndDrop(&builder);
  ASSERT_EQ(after.nodes.size(), 3u);
  EXPECT_EQ(after.nodes[1].type, "Reshape");
  EXPECT_EQ(after.nodes[1].inputs.size(), 1u);
  EXPECT_EQ(after.nodes[1].attributes.GetInts("dim"), (Ints{1, 4, 3}));
}

TEST(SimplifyReshape, BackToTheSourceVanishes) {
  TestGraphBuilder builder;
  const ValueId x = Negative(&builder, builder.Input({2, 6}));
  const ValueId y = builder.Add("Reshape", {x}, {{"dim", Ints{3, 4}}});
  const ValueId z = builder.Add("Reshape", {y}, {{"dim", Ints{0, -1}}});
  builder.Output(builder.Add("Reshape", {z}, {{"dim", Ints{2, 6}}}));
  const Graph after = SimplifyAndDrop(&builder);
  ASSERT_EQ(after.nodes.size(), 1u);
  EXPECT_EQ(after.outputs[0].value, after.nodes[0].outputs[0]);
}

TEST(SimplifyReshape, IdentityAndCast) {
  TestGraphBuilder builder;
  ValueId x = Negative(&builder, builder.Input({2, 6}));
  x = builder.Add("Identity", {x});
  x = builder.Add("Cast", {x}, {{"dtype", std::string("float32")}});
  const ValueId whole = builder.Add("Cast", {x}, {{"dtype", std::string("int32")}});
  builder.Output(x);
  builder.Output(whole);
  const Graph after = SimplifyAndDrop(&builder);
  ASSERT_EQ(after.nodes.size(), 2u);
  EXPECT_EQ(after.nodes[1].type, "Cast");
}

TEST(SimplifyReshape, ScalarsAndEmptyTensors) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({1, 1}), empty = builder.Input({0, 3});
  builder.Output(Negative(&builder, builder.Add("Squeeze", {x}, {{"axis", Ints{0, 1}}})));
  builder.Output(Negative(&builder, builder.Add("Unsqueeze", {empty}, {{"axis", Ints{1}}})));
  const Graph after = SimplifyAndDrop(&builder);
  EXPECT_EQ(CountNodes(after, "Reshape"), 1);
  EXPECT_EQ(CountNodes(after, "Unsqueeze"), 1);
}

TEST(SimplifyReshape, GraphOutputOfAnInputStays) {
  TestGraphBuilder builder;
  builder.Output(builder.Add("Identity", {builder.Input({2})}));
  EXPECT_EQ(SimplifyAndDrop(&builder).nodes.size(), 1u);
}

}  // namespace
}  // namespace mace
