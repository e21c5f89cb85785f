#include "mace/passes/merge_transposes.h"

#include "mace/passes/drop_dead.h"
#include "mace/testing/passes/pass_tester.h"

namespace mace {
namespace {

using Ints = std::vector<int64_t>;

const Ints kToNchw = {0, 3, 1, 2};
const Ints kToNhwc = {0, 2, 3, 1};

ValueId Transpose(TestGraphBuilder* builder, ValueId x, const Ints& dims) {
  return builder->Add("Transpose", {x}, {{"dims", dims}});
}

Graph MergeAndDrop(TestGraphBuilder* builder) {
  return ExpectKeepsMeaning(ExpectKeepsMeaning(builder->Build(), MergeTransposes), DropDead);
}

TEST(MergeTransposes, InversesVanish) {
  TestGraphBuilder builder;
  ValueId x = builder.Add("Activation", {builder.Input({2, 3, 4, 5})},
                          {{"activation", std::string("RELU")}});
  x = Transpose(&builder, Transpose(&builder, x, kToNchw), kToNhwc);
  builder.Output(x);
  const Graph after = MergeAndDrop(&builder);
  ASSERT_EQ(after.nodes.size(), 1u);
  EXPECT_EQ(after.outputs[0].name, "output0");
}

// A graph output keeps a node that makes it.
TEST(MergeTransposes, IdentityOfAnInputStays) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({2, 3, 4, 5});
  builder.Output(Transpose(&builder, Transpose(&builder, x, kToNchw), kToNhwc));
  EXPECT_EQ(MergeAndDrop(&builder).nodes.size(), 1u);
}

TEST(MergeTransposes, OthersCompose) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({2, 3, 4, 5});
  const ValueId y = Transpose(&builder, x, {3, 1, 0, 2});
  builder.Output(Transpose(&builder, Transpose(&builder, y, kToNchw), {1, 0, 3, 2}));
  builder.Output(builder.Add("Transpose", {y}));  // Reversed.
  const Graph after = MergeAndDrop(&builder);
  EXPECT_EQ(after.nodes.size(), 2u);
}

TEST(MergeTransposes, DimensionsFromAnInput) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({2, 3, 4, 5});
  const ValueId dims =
      builder.Constant(HostTensor::FromVector<int32_t>(DType::kInt32, {4}, {0, -1, 1, 2}));
  const ValueId y = builder.Add("Transpose", {x, dims});
  const ValueId z = builder.Add("Eltwise", {y}, {{"type", int64_t{7}}});
  builder.Output(Transpose(&builder, z, kToNhwc));
  const Graph after = MergeAndDrop(&builder);
  EXPECT_EQ(CountNodes(after, "Transpose"), 0);
}

// A graph as the ONNX importer makes it: every spatial node between two Transposes.
ValueId NchwConvolution(TestGraphBuilder* builder, ValueId x, int64_t in, int64_t out) {
  const ValueId y =
      builder->Add("Conv2D", {Transpose(builder, x, kToNhwc), builder->Constant({out, in, 3, 3})});
  return Transpose(builder, y, kToNchw);
}

TEST(MergeTransposes, ResidualBlock) {
  TestGraphBuilder builder;
  const ValueId x = NchwConvolution(&builder, builder.Input({1, 3, 6, 5}), 3, 4);
  const ValueId a = builder.Add("Activation", {x}, {{"activation", std::string("RELU")}});
  const ValueId b = NchwConvolution(&builder, a, 4, 4);
  const ValueId scaled =
      builder.Add("Eltwise", {b, builder.Constant({4, 1, 1})}, {{"type", int64_t{2}}});
  const ValueId sum = builder.Add("Eltwise", {scaled, a});
  const ValueId clipped = builder.Add("Unary", {sum}, {{"function", std::string("hardswish")}});
  builder.Output(NchwConvolution(&builder, clipped, 4, 2));
  const Graph after = MergeAndDrop(&builder);
  // One at the graph's input and one at its output.
  EXPECT_EQ(CountNodes(after, "Transpose"), 2) << DumpGraph(after);
}

TEST(MergeTransposes, ConcatSplitSlicePadAndSoftmax) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({2, 3, 6, 5});
  const ValueId a = NchwConvolution(&builder, x, 3, 4), b = NchwConvolution(&builder, x, 3, 2);
  const ValueId constant = builder.Constant({2, 2, 6, 5});
  const ValueId joined = builder.Add("Concat", {a, constant, b}, {{"axis", int64_t{1}}});
  const auto parts =
      builder.AddMany("Split", {joined}, {{"axis", int64_t{-3}}, {"num_split", int64_t{2}}}, 2);
  const ValueId padded =
      builder.Add("Pad", {parts[0]}, {{"paddings", Ints{0, 1, 2, 0, 0, 3, 1, 1}}});
  const ValueId cut =
      builder.Add("Slice", {parts[1]},
                  {{"starts", Ints{-4, 1}}, {"ends", Ints{1000, 5}}, {"axes", Ints{1, -2}}});
  const ValueId soft = builder.Add("Softmax", {cut}, {{"axis", int64_t{1}}});
  builder.Output(NchwConvolution(&builder, padded, 6, 2));
  builder.Output(NchwConvolution(&builder, soft, 4, 2));
  const Graph after = MergeAndDrop(&builder);
  // The two at the input are still two: they are the same node to merge_duplicates.
  EXPECT_EQ(CountNodes(after, "Transpose"), 4) << DumpGraph(after);
}

TEST(MergeTransposes, ReduceWithAndWithoutAxes) {
  for (int64_t keep : {0, 1}) {
    for (const Ints& axes : {Ints{2, 3}, Ints{1}, Ints{-4, 2}}) {
      TestGraphBuilder builder;
      const ValueId x = Transpose(&builder, builder.Input({2, 3, 4, 5}), kToNchw);
      const ValueId y = builder.Add(
          "Reduce", {x}, {{"reduce_type", int64_t{0}}, {"axis", axes}, {"keepdims", keep}});
      builder.Output(builder.Add("Eltwise", {y}, {{"type", int64_t{7}}}));
      const Graph after = MergeAndDrop(&builder);
      EXPECT_EQ(after.nodes[0].type, "Reduce");
    }
  }
}

// A scale for each channel that comes as [N, C, 1, 1] from elsewhere.
TEST(MergeTransposes, ChannelScale) {
  TestGraphBuilder builder;
  const ValueId x = NchwConvolution(&builder, builder.Input({2, 3, 6, 5}), 3, 4);
  const ValueId scale = builder.Input({2, 4, 1, 1});
  const ValueId y = builder.Add("Eltwise", {scale, x}, {{"type", int64_t{2}}});
  builder.Output(NchwConvolution(&builder, y, 4, 2));
  const Graph after = MergeAndDrop(&builder);
  EXPECT_EQ(CountNodes(after, "Transpose"), 2) << DumpGraph(after);
  EXPECT_EQ(CountNodes(after, "Reshape"), 1);
}

TEST(MergeTransposes, ExtentsOfOneBecomeAReshape) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({2, 1, 1, 5});
  const ValueId y = Transpose(&builder, x, kToNchw);
  builder.Output(builder.Add("Eltwise", {y}, {{"type", int64_t{7}}}));
  const Graph after = MergeAndDrop(&builder);
  EXPECT_EQ(CountNodes(after, "Transpose"), 0);
  EXPECT_EQ(after.nodes[1].attributes.GetInts("dim"), (Ints{2, 5, 1, 1}));
}

TEST(MergeTransposes, StaysBeforeNodesThatCare) {
  TestGraphBuilder builder;
  const ValueId x = Transpose(&builder, builder.Input({2, 3, 4, 5}), kToNchw);
  builder.Output(builder.Add("BatchNorm", {x, builder.Constant({4}), builder.Constant({4})}));
  builder.Output(builder.Add("Activation", {x, builder.Constant({4})},
                             {{"activation", std::string("PRELU")}}));
  builder.Output(builder.Add("Eltwise", {x, builder.Input({2, 5, 3, 4})}));
  builder.Output(builder.Add("Reshape", {x}, {{"dim", Ints{6, 20}}}));
  const Graph after = MergeAndDrop(&builder);
  EXPECT_EQ(CountNodes(after, "Transpose"), 1);
  EXPECT_EQ(after.nodes.size(), 5u);
}

// Sums with a tensor of higher rank do not take the permutation of the smaller one.
TEST(MergeTransposes, OperandOfHigherRankStays) {
  TestGraphBuilder builder;
  const ValueId x = Transpose(&builder, builder.Input({2, 3, 4, 5}), kToNchw);
  builder.Output(builder.Add("Eltwise", {x, builder.Constant({2, 2, 5, 3, 4})}));
  EXPECT_EQ(MergeAndDrop(&builder).nodes.size(), 2u);
}

// Running it again finds nothing more and no name twice.
TEST(MergeTransposes, Twice) {
  TestGraphBuilder builder;
  const ValueId x = Transpose(&builder, builder.Input({2, 3, 4, 5}), kToNchw);
  builder.Output(builder.Add("Eltwise", {x}, {{"type", int64_t{7}}}));
  const Graph once = MergeAndDrop(&builder);
  EXPECT_EQ(DumpGraph(ExpectKeepsMeaning(once, MergeTransposes)), DumpGraph(once));
}

}  // namespace
}  // namespace mace
