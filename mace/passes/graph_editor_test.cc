#include "mace/passes/graph_editor.h"

#include <algorithm>

#include "mace/testing/passes/pass_tester.h"

namespace mace {
namespace {

std::vector<int> Sorted(std::vector<int> numbers) {
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

// Nodes: 0 and 1 read x; 2 reads both and x twice.
struct Sums {
  TestGraphBuilder builder;
  ValueId x = builder.Input({2});
  ValueId a = builder.Add("Eltwise", {x});
  ValueId b = builder.Add("Eltwise", {x});
  ValueId c = builder.Add("AddN", {a, x, b, x});
  Sums() { builder.Output(c); }
};

TEST(GraphEditor, KnowsReadersAndProducers) {
  Sums sums;
  GraphEditor editor(&sums.builder.raw());
  EXPECT_EQ(Sorted(editor.Readers(sums.x)), (std::vector<int>{0, 1, 2, 2}));
  EXPECT_EQ(editor.SoleReader(sums.a), 2);
  EXPECT_EQ(editor.SoleReader(sums.x), -1);
  EXPECT_EQ(editor.SoleReader(sums.c), -1);
  EXPECT_TRUE(editor.IsGraphOutput(sums.c));
  EXPECT_FALSE(editor.IsGraphOutput(sums.a));
  EXPECT_EQ(editor.Producer(sums.b), 1);
}

TEST(GraphEditor, ReplaceUsesMovesReadersAndOutputs) {
  Sums sums;
  sums.builder.Output(sums.b);
  GraphEditor editor(&sums.builder.raw());
  editor.ReplaceUses(sums.b, sums.a);
  editor.Remove(1);
  EXPECT_FALSE(editor.IsUsed(sums.b));
  EXPECT_EQ(editor.Readers(sums.a), (std::vector<int>{2, 2}));
  EXPECT_EQ(editor.node(2).inputs, (std::vector<ValueId>{sums.a, sums.x, sums.a, sums.x}));
  EXPECT_TRUE(editor.IsGraphOutput(sums.a));
  EXPECT_FALSE(editor.IsGraphOutput(sums.b));
  EXPECT_EQ(sums.builder.raw().outputs[1].value, sums.a);
  EXPECT_EQ(Sorted(editor.Readers(sums.x)), (std::vector<int>{0, 2, 2}));
}

// Inputs go in an order other than that in which they came.
TEST(GraphEditor, ForgetsReadersInAnyOrder) {
  Sums sums;
  GraphEditor editor(&sums.builder.raw());
  editor.Remove(0);
  EXPECT_EQ(Sorted(editor.Readers(sums.x)), (std::vector<int>{1, 2, 2}));
  editor.SetInputs(2, {sums.x, sums.b});
  EXPECT_EQ(Sorted(editor.Readers(sums.x)), (std::vector<int>{1, 2}));
  EXPECT_EQ(editor.SoleReader(sums.b), 2);
  EXPECT_FALSE(editor.IsUsed(sums.a));
  editor.SetInputs(2, {sums.b});
  EXPECT_EQ(editor.SoleReader(sums.x), 1);
  editor.Finish();
  EXPECT_EQ(sums.builder.raw().nodes.size(), 2u);
}

TEST(GraphEditor, MoveOverKeepsReaders) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({2});
  const ValueId a = builder.Add("Eltwise", {x});
  const ValueId b = builder.Add("Eltwise", {a, x});
  builder.Output(b);
  GraphEditor editor(&builder.raw());
  editor.MoveOver(0, 1);
  EXPECT_TRUE(editor.removed(0));
  EXPECT_EQ(editor.Producer(a), 1);
  EXPECT_EQ(editor.SoleReader(x), 1);
  editor.SetOutput(1, b);
  editor.Finish();
  EXPECT_TRUE(ValidateGraph(builder.raw()).ok());
}

}  // namespace
}  // namespace mace
