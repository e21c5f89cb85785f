// Which pairs become one node on which device, and what the node is; no device.
#include "mace/passes/device/fuse_depthwise_pointwise.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mace/ops/conv/int8_convolution.h"
#include "mace/plan/signature.h"
#include "mace/plan/variants.h"
#include "mace/testing/fake_gpu.h"
#include "mace/testing/test_graph.h"

namespace mace {
namespace {

using Ints = std::vector<int64_t>;

DeviceInfo HostDevice() {
  DeviceInfo device = FakeH100();
  device.kind = DeviceKind::kCpu;
  device.vendor = DeviceVendor::kPocl;
  device.compute_capability = 0;
  device.compute_units = 2;
  return device;
}

// x [1, size, size, channels], a depthwise convolution of 3x3 and a pointwise one.
struct Pair : TestGraph {
  explicit Pair(int64_t size = 14, int64_t channels = 96, int64_t out_channels = 24,
                int64_t kernel = 1)
      : TestGraph({1, size, size, channels}) {
    Add("DepthwiseConv2d", "depthwise",
        {graph.inputs[0].value, Constant("wd", {1, channels, 3, 3}), Constant("bd", {channels})});
    depthwise().attributes.Set("activation", std::string("RELUX"));
    depthwise().attributes.Set("max_limit", 1.5);
    Add("Conv2D", "pointwise",
        {depthwise().outputs[0], Constant("w", {out_channels, channels, kernel, kernel}),
         Constant("b", {out_channels})});
    Output("y", pointwise().outputs[0]);
  }

  Node& depthwise() { return graph.nodes[0]; }
  Node& pointwise() { return graph.nodes[1]; }

  // The types of the nodes then.
  std::vector<std::string> FusedFor(const DeviceInfo& device, PlanOptions options = {}) {
    Infer();
    options.memory = MemoryChoice::kBuffer;
    StatusOr<OpList> ops = BindNodes(graph);
    EXPECT_TRUE(ops.ok()) << ops.status().message();
    if (!ops.ok()) return {};
    FuseDepthwisePointwise(device, options, &graph, &*ops);
    EXPECT_EQ(ops->size(), graph.nodes.size());
    return Types();
  }
};

const std::vector<std::string> kFused = {"SeparableConv2D"};
const std::vector<std::string> kSeparate = {"DepthwiseConv2d", "Conv2D"};

TEST(FuseDepthwisePointwise, AWideGpuFusesAndACpuDoesNot) {
  EXPECT_EQ(kFused, Pair().FusedFor(FakeH100()));
  EXPECT_EQ(kSeparate, Pair().FusedFor(HostDevice()));
}

TEST(FuseDepthwisePointwise, InEveryPrecision) {
  PlanOptions options;
  options.allow_tf32 = true;
  EXPECT_EQ(kFused, Pair().FusedFor(FakeH100(), options));
  options.precision = Precision::kFloat16;
  EXPECT_EQ(kFused, Pair().FusedFor(FakeH100(), options));
}

// The variant that was chosen for float32 is among those that are offered with TF32.
TEST(FuseDepthwisePointwise, EveryVariantInFloat32IsThereWithTf32) {
  Pair pair(7, 576, 160);
  ASSERT_EQ(kFused, pair.FusedFor(FakeH100()));
  const Node& fused = pair.graph.nodes[0];
  const StatusOr<std::shared_ptr<const Op>> op = OpOf(fused);
  ASSERT_TRUE(op.ok()) << op.status().message();
  const DeviceInfo device = FakeH100();
  PlanOptions options;
  options.memory = MemoryChoice::kBuffer;
  std::set<std::string> ids[2];
  for (bool tf32 : {false, true}) {
    options.allow_tf32 = tf32;
    for (const KernelVariant& variant :
         FindVariants(pair.graph, fused, **op, device, options).variants) {
      ids[tf32].insert(VariantId(variant));
    }
  }
  EXPECT_GT(ids[true].size(), ids[false].size());
  for (const std::string& id : ids[false]) EXPECT_EQ(1u, ids[true].count(id)) << id;
}

TEST(FuseDepthwisePointwise, KeepsTheMeaning) {
  Pair pair;
  pair.depthwise().attributes.Set("strides", Ints{2, 1});
  pair.pointwise().attributes.Set("activation", std::string("SIGMOID"));
  pair.Infer();
  pair.Add("AddN", "residual", {pair.pointwise().outputs[0]});
  const ValueId residual = pair.graph.nodes[2].outputs[0];
  pair.graph.nodes.pop_back();
  pair.graph.values[static_cast<size_t>(residual)].constant =
      RandomTensor(pair.graph.value(residual).info.shape, 9);
  pair.pointwise().inputs.push_back(residual);
  pair.pointwise().attributes.Set("residual", int64_t{1});
  pair.Infer();
  const HostTensor before = Evaluate(pair.graph);
  ASSERT_EQ(kFused, pair.FusedFor(FakeH100()));
  EXPECT_EQ("pointwise", pair.graph.nodes[0].name);
  EXPECT_TRUE(ValidateGraph(pair.graph).ok());
  EXPECT_EQ(0, WorstError(before, Evaluate(pair.graph)));
}

TEST(FuseDepthwisePointwise, WithoutBiases) {
  Pair pair;
  pair.depthwise().inputs.pop_back();
  pair.pointwise().inputs.pop_back();
  pair.Infer();
  const HostTensor before = Evaluate(pair.graph);
  ASSERT_EQ(kFused, pair.FusedFor(FakeH100()));
  EXPECT_EQ(0, WorstError(before, Evaluate(pair.graph)));
}

// Many tiles of output channels, each of which would compute the depthwise result again.
TEST(FuseDepthwisePointwise, NotWhereItIsComputedTooOften) {
  EXPECT_EQ(kSeparate, Pair(112, 512, 1024).FusedFor(FakeH100()));
}

TEST(FuseDepthwisePointwise, NotWhatAnotherReads) {
  Pair twice;
  twice.Add("Activation", "other", {twice.depthwise().outputs[0]});
  twice.Output("z", twice.graph.nodes[2].outputs[0]);
  EXPECT_EQ(3u, twice.FusedFor(FakeH100()).size());
  Pair output;
  output.Output("z", output.depthwise().outputs[0]);
  EXPECT_EQ(kSeparate, output.FusedFor(FakeH100()));
}

TEST(FuseDepthwisePointwise, NotOtherConvolutions) {
  EXPECT_EQ(kSeparate, Pair(14, 96, 24, 3).FusedFor(FakeH100()));
  Pair strides;
  strides.pointwise().attributes.Set("strides", Ints{2, 2});
  EXPECT_EQ(kSeparate, strides.FusedFor(FakeH100()));
  Pair pads;
  pads.pointwise().attributes.Set("pads", Ints{0, 1, 0, 0});
  EXPECT_EQ(kSeparate, pads.FusedFor(FakeH100()));
  Pair multiplier;
  multiplier.depthwise().inputs[1] = multiplier.Constant("wd2", {2, 96, 3, 3});
  multiplier.depthwise().inputs[2] = multiplier.Constant("bd2", {192});
  multiplier.pointwise().inputs[1] = multiplier.Constant("w2", {24, 192, 1, 1});
  EXPECT_EQ(kSeparate, multiplier.FusedFor(FakeH100()));
}

// The sum of the residual comes between the two nodes.
TEST(FuseDepthwisePointwise, NotADepthwiseConvolutionWithResidual) {
  Pair pair;
  pair.depthwise().inputs.push_back(pair.graph.inputs[0].value);
  pair.depthwise().attributes.Set("residual", int64_t{1});
  EXPECT_EQ(kSeparate, pair.FusedFor(FakeH100()));
}

// The product comes between the two.
TEST(FuseDepthwisePointwise, NotAConvolutionWithChannelScale) {
  Pair pair;
  IoInfo channel_scale;
  channel_scale.name = "channel_scale";
  channel_scale.value = pair.graph.AddValue("channel_scale");
  pair.graph.value(channel_scale.value).info = {DType::kFloat32, {1, 1, 1, 96}};
  pair.graph.inputs.push_back(channel_scale);
  pair.pointwise().inputs.push_back(channel_scale.value);
  pair.pointwise().attributes.Set("channel_scale", int64_t{1});
  EXPECT_EQ(kSeparate, pair.FusedFor(FakeH100()));
}

// Each result is rounded to int8, the one between the two as well.
TEST(FuseDepthwisePointwise, NotQuantizedConvolutions) {
  Int8Convolution bits;
  bits.x.scale = bits.y.scale = bits.filter_scale = 0.5;
  Pair depthwise, pointwise;
  bits.SetAttributes(&depthwise.depthwise().attributes);
  bits.SetAttributes(&pointwise.pointwise().attributes);
  EXPECT_EQ(kSeparate, depthwise.FusedFor(FakeH100()));
  EXPECT_EQ(kSeparate, pointwise.FusedFor(FakeH100()));
}

}  // namespace
}  // namespace mace
