// Which graphs' batches can be cut, and into how many slices.
#include "mace/passes/device/batch_slices.h"

#include <gtest/gtest.h>

#include "mace/testing/test_graph.h"

namespace mace {
namespace {

constexpr int64_t kBatch = 12;

DeviceInfo Host() {
  DeviceInfo device;
  device.kind = DeviceKind::kCpu;
  device.host_unified_memory = true;
  device.compute_units = 2;
  return device;
}

using Ints = std::vector<int64_t>;

// Convolution, concatenation of it with itself, a mean over the image, a product with weights.
TestGraph MakeNetwork(int64_t batch, int64_t extent) {
  TestGraph test(Shape{batch, extent, extent, 4});
  const ValueId conv = test.Append("Conv2D", {0, test.Constant("filter", Shape{8, 4, 1, 1})});
  const ValueId relu = test.Append("Activation", {conv}, {{"activation", std::string("RELU")}});
  const ValueId both = test.Append("Concat", {conv, relu}, {{"axis", int64_t{3}}});
  const ValueId pool =
      test.Append("Pooling", {both},
                  {{"pooling_type", int64_t{1}}, {"kernels", Ints{2, 2}}, {"strides", Ints{2, 2}}});
  const ValueId mean = test.Append("Reduce", {pool}, {{"axis", Ints{1, 2}}});
  const ValueId product = test.Append("MatMul", {mean, test.Constant("weights", Shape{16, 10})});
  const ValueId sum = test.Append("Eltwise", {product, test.Constant("offset", Shape{10})});
  test.Output("y", test.Append("Softmax", {sum}));
  return test;
}

TEST(BatchSlices, ANetworkOfImagesKeepsThemApart) {
  EXPECT_EQ(SeparableBatch(MakeNetwork(kBatch, 8).graph), kBatch);
}

// One node on x [12, 6], of which the graph's output is made.
int64_t BatchOf(const char* type, const TestGraph::Attributes& attributes) {
  TestGraph test(Shape{kBatch, 6});
  test.Output("y", test.Append(type, {0}, attributes));
  return SeparableBatch(test.graph);
}

TEST(BatchSlices, WhatTakesEntriesTogetherCannotBeCut) {
  EXPECT_EQ(BatchOf("Softmax", {{"axis", int64_t{1}}}), kBatch);
  EXPECT_EQ(BatchOf("Softmax", {{"axis", int64_t{0}}}), 0);
  EXPECT_EQ(BatchOf("Reduce", {{"axis", Ints{1}}}), kBatch);
  EXPECT_EQ(BatchOf("Reduce", {{"axis", Ints{0}}, {"keepdims", int64_t{1}}}), 0);
  EXPECT_EQ(BatchOf("ArgMax", {{"axis", int64_t{-1}}}), kBatch);
  EXPECT_EQ(BatchOf("ArgMax", {{"axis", int64_t{0}}}), 0);
  EXPECT_EQ(BatchOf("Transpose", {{"dims", Ints{0, 1}}}), kBatch);
  EXPECT_EQ(BatchOf("Transpose", {{"dims", Ints{1, 0}}}), 0);
  EXPECT_EQ(BatchOf("Reshape", {{"dim", Ints{0, 2, 3}}}), kBatch);
  EXPECT_EQ(BatchOf("Reshape", {{"dim", Ints{6, 12}}}), 0);
  EXPECT_EQ(BatchOf("Reverse", {{"axis", Ints{0}}}), 0);
  EXPECT_EQ(BatchOf("Cumsum", {{"axis", int64_t{1}}}), 0) << "an op that does not know";
}

TEST(BatchSlices, AConstantOfTheWholeBatchCannotBeCut) {
  for (const int64_t rows : {kBatch, int64_t{1}}) {
    TestGraph test(Shape{kBatch, 6});
    test.Output("y", test.Append("Eltwise", {0, test.Constant("offset", Shape{rows, 6})}));
    EXPECT_EQ(SeparableBatch(test.graph), rows == 1 ? kBatch : 0) << rows;
  }
}

TEST(BatchSlices, AProductOfBatches) {
  TestGraph test(Shape{kBatch, 5, 6});
  test.Output("y", test.Append("MatMul", {0, 0}, {{"transpose_b", int64_t{1}}}));
  EXPECT_EQ(SeparableBatch(test.graph), kBatch);
  TestGraph flat(Shape{kBatch, 6});
  flat.Output("y", flat.Append("MatMul", {0, 0}, {{"transpose_b", int64_t{1}}}));
  EXPECT_EQ(SeparableBatch(flat.graph), 0) << "each row meets each";
}

TEST(BatchSlices, AnOutputThatIsNoBatchCannotBeCut) {
  TestGraph test = MakeNetwork(kBatch, 8);
  test.Output("weights", test.Constant("other", Shape{kBatch, 3}));
  EXPECT_EQ(SeparableBatch(test.graph), 0);
}

TEST(BatchSlices, AsManyAsTheCachesWant) {
  // The concatenation reads and writes 12 * 64 * 64 * 32 floats, 6 MiB; two cores hold 2 MiB.
  const Graph graph = MakeNetwork(kBatch, 64).graph;
  EXPECT_EQ(ChooseBatchSlices(graph, Host()), 3);
  DeviceInfo many = Host();
  many.compute_units = 16;
  EXPECT_EQ(ChooseBatchSlices(graph, many), 1);
  EXPECT_EQ(ChooseBatchSlices(MakeNetwork(13, 64).graph, Host()), 13) << "equal slices";
  EXPECT_EQ(ChooseBatchSlices(MakeNetwork(1, 256).graph, Host()), 1);
  EXPECT_EQ(ChooseBatchSlices(MakeNetwork(kBatch, 256).graph, Host()), kBatch);
}

TEST(BatchSlices, ADeviceApartTakesThemTogether) {
  DeviceInfo gpu = Host();
  gpu.kind = DeviceKind::kGpu;
  EXPECT_EQ(ChooseBatchSlices(MakeNetwork(kBatch, 64).graph, gpu), 1);
}

TEST(BatchSlices, LargeWeightsAreReadSeldom) {
  DeviceInfo device = Host();
  device.compute_units = 1;
  device.cache_bytes = 8 << 20;
  EXPECT_EQ(ChooseBatchSlices(MakeNetwork(kBatch, 64).graph, device), 6);
  TestGraph test = MakeNetwork(kBatch, 64);
  test.Constant("more than half of the cache", Shape{5 << 18});
  EXPECT_EQ(ChooseBatchSlices(test.graph, device), 2);
}

}  // namespace
}  // namespace mace
