// Which pairs of layers become one node on which device, and what the node is; no device.
#include "mace/passes/device/fuse_squeeze_excite.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mace/testing/fake_gpu.h"
#include "mace/testing/test_graph.h"

namespace mace {
namespace {

// x [2, size, size, channels] and two convolutions of 1x1.
struct Layers : TestGraph {
  explicit Layers(int64_t channels = 96, int64_t hidden = 24, int64_t size = 1)
      : TestGraph({2, size, size, channels}) {
    Add("Conv2D", "squeeze",
        {graph.inputs[0].value, Constant("v", {hidden, channels, 1, 1}), Constant("c", {hidden})});
    squeeze().attributes.Set("activation", std::string("RELU"));
    Add("Conv2D", "excite",
        {squeeze().outputs[0], Constant("w", {channels, hidden, 1, 1}), Constant("b", {channels})});
    excite().attributes.Set("activation", std::string("SIGMOID"));
    Output("y", excite().outputs[0]);
  }

  Node& squeeze() { return graph.nodes[0]; }
  Node& excite() { return graph.nodes[1]; }

  // The types of the nodes then.
  std::vector<std::string> FusedFor(const DeviceInfo& device) {
    Infer();
    PlanOptions options;
    options.memory = MemoryChoice::kBuffer;
    StatusOr<OpList> ops = BindNodes(graph);
    EXPECT_TRUE(ops.ok()) << ops.status().message();
    if (!ops.ok()) return {};
    FuseSqueezeExcite(device, options, &graph, &*ops);
    EXPECT_EQ(ops->size(), graph.nodes.size());
    return Types();
  }
};

const std::vector<std::string> kFused = {"SqueezeExcite"};
const std::vector<std::string> kSeparate = {"Conv2D", "Conv2D"};

TEST(FuseSqueezeExcite, AGpuFusesAndACpuDoesNot) {
  EXPECT_EQ(kFused, Layers().FusedFor(FakeH100()));
  DeviceInfo host = FakeH100();
  host.kind = DeviceKind::kCpu;
  EXPECT_EQ(kSeparate, Layers().FusedFor(host));
}

TEST(FuseSqueezeExcite, KeepsTheMeaning) {
  for (bool biases : {true, false}) {
    Layers layers;
    if (!biases) {
      layers.squeeze().inputs.pop_back();
      layers.excite().inputs.pop_back();
    }
    layers.Infer();
    const HostTensor before = Evaluate(layers.graph);
    ASSERT_EQ(kFused, layers.FusedFor(FakeH100()));
    EXPECT_EQ("excite", layers.graph.nodes[0].name);
    EXPECT_TRUE(ValidateGraph(layers.graph).ok());
    EXPECT_EQ(0, WorstError(before, Evaluate(layers.graph)));
  }
}

// More weights than one compute unit reads while two launches start.
TEST(FuseSqueezeExcite, NotLargeLayers) {
  EXPECT_EQ(kSeparate, Layers(4096, 4096).FusedFor(FakeH100()));
}

TEST(FuseSqueezeExcite, NotManyPixels) {
  EXPECT_EQ(kSeparate, Layers(96, 24, 2).FusedFor(FakeH100()));
}

TEST(FuseSqueezeExcite, NotWhatAnotherReads) {
  Layers output;
  output.Output("z", output.squeeze().outputs[0]);
  EXPECT_EQ(kSeparate, output.FusedFor(FakeH100()));
}

// A convolution that rounds its result to int8 stays a node.
TEST(FuseSqueezeExcite, NotWhatRounds) {
  Layers layers;
  for (const char* scale : {"x_scale", "filter_scale", "y_scale"}) {
    layers.squeeze().attributes.Set(scale, 0.5);
  }
  for (const char* zero_point : {"x_zero_point", "y_zero_point"}) {
    layers.squeeze().attributes.Set(zero_point, int64_t{0});
  }
  EXPECT_EQ(kSeparate, layers.FusedFor(FakeH100()));
}

// x has the shape of what the layers make, and of its own channel_scale.
TEST(FuseSqueezeExcite, NotResidualsAndChannelScales) {
  Layers residual;
  residual.excite().inputs.push_back(residual.graph.inputs[0].value);
  residual.excite().attributes.Set("residual", int64_t{1});
  EXPECT_EQ(kSeparate, residual.FusedFor(FakeH100()));
  Layers channel_scale;
  channel_scale.squeeze().inputs.push_back(channel_scale.graph.inputs[0].value);
  channel_scale.squeeze().attributes.Set("channel_scale", int64_t{1});
  EXPECT_EQ(kSeparate, channel_scale.FusedFor(FakeH100()));
}

}  // namespace
}  // namespace mace
