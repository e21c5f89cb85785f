#include "mace/passes/drop_dead.h"

#include "mace/testing/passes/pass_tester.h"

namespace mace {
namespace {

ValueId Negative(TestGraphBuilder* builder, ValueId x) {
  return builder->Add("Eltwise", {x}, {{"type", int64_t{6}}});
}

TEST(DropDead, ChainsAndTheirValues) {
  TestGraphBuilder builder;
  const ValueId unused = builder.Input({3});
  const ValueId x = builder.Input({2, 4});
  const ValueId dead = builder.Add("Eltwise", {Negative(&builder, x), builder.Constant({4})});
  Negative(&builder, dead);
  Negative(&builder, unused);
  const auto parts =
      builder.AddMany("Split", {x}, {{"axis", int64_t{1}}, {"num_split", int64_t{2}}}, 2);
  builder.Output(Negative(&builder, parts[1]));
  const Graph after = ExpectKeepsMeaning(builder.Build(), DropDead);
  // The split's first part is not read, but the split makes it.
  EXPECT_EQ(after.nodes.size(), 2u);
  EXPECT_EQ(after.values.size(), 5u);
  ASSERT_EQ(after.inputs.size(), 2u);
  EXPECT_EQ(after.value(after.inputs[0].value).name, "input0");
  EXPECT_EQ(after.inputs[0].name, "input0");
  EXPECT_EQ(after.outputs[0].name, "output0");
}

}  // namespace
}  // namespace mace
