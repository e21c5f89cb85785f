// Quantized MACE models.
#include <gtest/gtest.h>

#include "mace/testing/formats/test_net.h"

namespace mace {
namespace {

// The op's output [1, 2, 2, 2] with T and quantize_info.
void SetQuantized(wire::OperatorDef* op, int type, float scale, int zero_point) {
  TestNet::Int(op, "T", type);
  op->add_quantize_info()->set_scale(scale);
  op->mutable_quantize_info(0)->set_zero_point(zero_point);
}

TEST(MaceQuantized, ComputesInFloatsAndRoundsEachResult) {
  TestNet net(1);
  TestNet::SetInt(net.net().add_arg(), "quantize_flag", 1);
  TestNet::SetInt(net.net().add_arg(), "filter_format", 103);
  net.Input("x", {1, 2, 2, 3});
  net.Output("y", {1, 2, 2, 2});
  // OHWI: two filters of 1x1 over three channels.
  wire::ConstTensor* filter =
      net.Tensor<uint8_t>("w", {2, 1, 1, 3}, wire::DT_UINT8, {3, 4, 5, 6, 7, 8});
  filter->set_quantized(true);
  filter->set_scale(0.5f);
  filter->set_zero_point(2);
  wire::OperatorDef* quantize = net.Op("Quantize", {"x"}, {"xq"});
  SetQuantized(quantize, 2, 0.25f, 10);
  TestNet::Int(quantize, "find_range_every_time", 1);
  SetQuantized(net.Op("Conv2D", {"xq", "w"}, {"c"}), 2, 0.125f, 3);
  SetQuantized(net.Op("Reshape", {"c"}, {"r"}), 2, 0.125f, 3);
  TestNet::Ints(net.net().mutable_op(2), "dim", {1, 2, 2, 2});
  net.Op("Dequantize", {"r"}, {"y"});
  const StatusOr<std::shared_ptr<Graph>> imported = net.Import();
  ASSERT_TRUE(imported.ok()) << imported.status().message();
  const Graph& graph = **imported;
  EXPECT_NE(graph.note.find("8-bit model"), std::string::npos);
  std::vector<std::string> types;
  for (const Node& node : graph.nodes) types.push_back(node.type);
  EXPECT_EQ(types, (std::vector<std::string>{"Identity", "Unary", "Conv2D", "Unary", "Reshape",
                                             "Identity"}));
  EXPECT_EQ(graph.nodes[1].attributes.GetString("function", ""), "round_to_scale");
  EXPECT_EQ(graph.nodes[1].attributes.GetFloat("scale", 0), 0.25);
  EXPECT_EQ(graph.nodes[3].attributes.GetString("function", ""), "round_to_int8");
  EXPECT_EQ(graph.nodes[3].attributes.GetFloat("low", 0), -3);
  EXPECT_EQ(graph.nodes[2].attributes.GetFloat("filter_scale", 0), 0.5);
  const HostTensor& weights = *graph.value(graph.nodes[2].inputs[1]).constant;
  EXPECT_EQ(weights.shape(), Shape({2, 3, 1, 1}));  // OIHW.
  EXPECT_EQ(std::vector<float>(weights.f32(), weights.f32() + 6),
            (std::vector<float>{0.5f, 1, 1.5f, 2, 2.5f, 3}));
}

TEST(MaceQuantized, Int8BeginsAtMinus128) {
  TestNet net(1);
  TestNet::SetInt(net.net().add_arg(), "quantize_flag", 1);
  net.Input("x", {1, 3});
  net.Output("y", {1, 3});
  SetQuantized(net.Op("Softmax", {"x"}, {"s"}), 8, 0.5f, -128);
  net.Op("Dequantize", {"s"}, {"y"});
  const StatusOr<std::shared_ptr<Graph>> imported = net.Import();
  ASSERT_TRUE(imported.ok()) << imported.status().message();
  EXPECT_EQ((*imported)->nodes[1].attributes.GetFloat("low", -1), 0);
}

TEST(MaceQuantized, RefusesNumbersThatNoInt8Holds) {
  struct Bad {
    int type;
    float scale;
    int zero_point;
    const char* message;
  };
  for (const Bad& bad : {Bad{2, 0, 3, "expected a scale above 0, found 0"},
                         Bad{2, 0.5f, 256, "expected a zero_point from 0 to 255, found 256"},
                         Bad{2, 0.5f, -1, "expected a zero_point from 0 to 255, found -1"},
                         Bad{8, 0.5f, 128, "expected a zero_point from -128 to 127, found 128"}}) {
    TestNet net(1);
    TestNet::SetInt(net.net().add_arg(), "quantize_flag", 1);
    net.Input("x", {1, 3});
    net.Output("y", {1, 3});
    SetQuantized(net.Op("Softmax", {"x"}, {"y"}), bad.type, bad.scale, bad.zero_point);
    const StatusOr<std::shared_ptr<Graph>> imported = net.Import();
    ASSERT_FALSE(imported.ok()) << bad.message;
    EXPECT_NE(imported.status().message().find(std::string("node 'y' (Softmax): quantize_info: ") +
                                               bad.message),
              std::string::npos)
        << imported.status().message();
  }
}

TEST(MaceQuantized, FiltersOfDepthwiseOpsAreHwim) {
  TestNet net(1);
  TestNet::SetInt(net.net().add_arg(), "filter_format", 103);
  net.Input("x", {1, 2, 2, 3});
  net.Output("y", {1, 2, 2, 3});
  net.Tensor<float>("w", {1, 1, 3, 1}, wire::DT_FLOAT, {1, 2, 3});
  net.Op("DepthwiseConv2d", {"x", "w"}, {"y"});
  const StatusOr<std::shared_ptr<Graph>> imported = net.Import();
  ASSERT_TRUE(imported.ok()) << imported.status().message();
  const Graph& graph = **imported;
  EXPECT_EQ(graph.value(graph.nodes[0].inputs[1]).constant->shape(), Shape({1, 3, 1, 1}));
  EXPECT_TRUE(graph.note.empty());
}

}  // namespace
}  // namespace mace
