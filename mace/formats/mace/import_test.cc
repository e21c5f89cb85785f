#include <gtest/gtest.h>

#include "mace/base/half.h"
#include "mace/testing/formats/test_net.h"

namespace mace {
namespace {

std::vector<float> ConstantOfFirstNode(const Graph& graph, size_t input) {
  const HostTensor& tensor = *graph.value(graph.nodes[0].inputs[input]).constant;
  const HostTensor floats = *tensor.ConvertTo(DType::kFloat32);
  return std::vector<float>(floats.f32(), floats.f32() + floats.shape().elements());
}

// y = x + w, so that a weight of each type has somewhere to go.
template <typename T>
std::vector<float> ImportWeights(wire::DataType type, const std::vector<T>& stored, DType expected,
                                 bool quantized = false) {
  TestNet net(1);
  net.Input("x", {1, 3});
  net.Output("y", {1, 3});
  // An odd number of bytes first: tensors need not be aligned.
  net.Tensor<uint8_t>("odd", {1}, wire::DT_UINT8, {7});
  wire::ConstTensor* tensor = net.Tensor("w", {3}, type, stored);
  if (quantized) {
    tensor->set_quantized(true);
    tensor->set_scale(0.5f);
    tensor->set_zero_point(2);
  }
  TestNet::Int(net.Op("Eltwise", {"x", "w"}, {"y"}), "type", 0);
  const StatusOr<std::shared_ptr<Graph>> graph = net.Import();
  EXPECT_TRUE(graph.ok()) << graph.status().message();
  if (!graph.ok()) return {};
  EXPECT_EQ((*graph)->value((*graph)->nodes[0].inputs[1]).constant->dtype(), expected);
  EXPECT_EQ(quantized, (*graph)->note.find("int8 weights") != std::string::npos);
  return ConstantOfFirstNode(**graph, 1);
}

const std::vector<float> kThree = {1.0f, -2.0f, 0.5f};

TEST(MaceWeights, Float) {
  EXPECT_EQ(ImportWeights<float>(wire::DT_FLOAT, kThree, DType::kFloat32), kThree);
}

TEST(MaceWeights, BothHalfTypesStayHalf) {
  std::vector<uint16_t> bits;
  for (float value : kThree) bits.push_back(FloatToHalf(value));
  EXPECT_EQ(ImportWeights<uint16_t>(wire::DT_HALF, bits, DType::kFloat16), kThree);
  EXPECT_EQ(ImportWeights<uint16_t>(wire::DT_FLOAT16, bits, DType::kFloat16), kThree);
}

TEST(MaceWeights, Bfloat16Stays) {
  std::vector<uint16_t> bits;
  for (float value : kThree) bits.push_back(FloatToBfloat16(value));
  EXPECT_EQ(ImportWeights<uint16_t>(wire::DT_BFLOAT16, bits, DType::kBFloat16), kThree);
}

TEST(MaceWeights, QuantizedBecomeFloat) {
  EXPECT_EQ(ImportWeights<uint8_t>(wire::DT_UINT8, {2, 0, 255}, DType::kFloat32, true),
            (std::vector<float>{0.0f, -1.0f, 126.5f}));
  EXPECT_EQ(ImportWeights<int8_t>(wire::DT_INT8, {2, -128, 127}, DType::kFloat32, true),
            (std::vector<float>{0.0f, -65.0f, 62.5f}));
  EXPECT_EQ(ImportWeights<int32_t>(wire::DT_INT32, {2, -1000, 4}, DType::kFloat32, true),
            (std::vector<float>{0.0f, -501.0f, 1.0f}));
}

TEST(MaceWeights, InlineValues) {
  TestNet net(1);
  net.Input("x", {1, 3});
  net.Output("y", {1, 3});
  wire::ConstTensor* tensor = net.net().add_tensors();
  tensor->set_name("w");
  tensor->add_dims(3);
  for (float value : kThree) tensor->add_float_data(value);
  TestNet::Int(net.Op("Eltwise", {"x", "w"}, {"y"}), "type", 0);
  const StatusOr<std::shared_ptr<Graph>> graph = net.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ(ConstantOfFirstNode(**graph, 1), kThree);
}

TEST(MaceWeights, OffsetsCountFromTheNetsWindow) {
  TestNet net(1);
  net.Input("x", {1, 3});
  net.Output("y", {1, 3});
  net.Tensor<float>("w", {3}, wire::DT_FLOAT, kThree);
  TestNet::Int(net.Op("Eltwise", {"x", "w"}, {"y"}), "type", 0);
  net.data().insert(0, 8, 'z');
  net.net().set_data_offset(8);
  net.net().set_data_size(12);
  const StatusOr<std::shared_ptr<Graph>> graph = net.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ(ConstantOfFirstNode(**graph, 1), kThree);
}

// An ONNX-born model: Activation in the runtime's order, Reshape in the source's.
TEST(MaceLayout, ExplicitOpsSeeTheSourcesOrder) {
  TestNet net(2);
  net.Input("x", {1, 4, 5, 3});
  net.Output("y", {1, 60});
  TestNet::Text(net.Op("Activation", {"x"}, {"a"}), "activation", "RELU");
  TestNet::Ints(net.Op("Reshape", {"a"}, {"y"}, kTestNchw), "dim", {1, -1});
  const StatusOr<std::shared_ptr<Graph>> graph = net.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  ASSERT_EQ(NodeTypes(**graph), "Activation Transpose Reshape");
  EXPECT_EQ((*graph)->nodes[1].attributes.GetInts("dims"), (std::vector<int64_t>{0, 3, 1, 2}));
}

TEST(MaceLayout, BackAndForthUsesWhatIsThere) {
  TestNet net(2);
  net.Input("x", {1, 4, 5, 3});
  net.Output("y", {1, 4, 5, 3});
  net.Op("Identity", {"x"}, {"a"}, kTestNchw);
  net.Op("Identity", {"x"}, {"b"}, kTestNchw);
  TestNet::Int(net.Op("Eltwise", {"a", "b"}, {"y"}, kTestNchw), "type", 0);
  const StatusOr<std::shared_ptr<Graph>> graph = net.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  // One transpose for both readers of x, and one for the output, which is declared NHWC.
  EXPECT_EQ(NodeTypes(**graph), "Transpose Identity Identity Eltwise Transpose");
  EXPECT_EQ((*graph)->value((*graph)->outputs[0].value).info.shape, (Shape{1, 4, 5, 3}));
  EXPECT_EQ((*graph)->outputs[0].name, "y");
}

TEST(MaceLayout, TensorFlowModelsNeedNone) {
  TestNet net(1);
  net.Input("x", {1, 4, 5, 3});
  net.Output("y", {1, 60});
  TestNet::Text(net.Op("Activation", {"x"}, {"a"}), "activation", "RELU");
  TestNet::Ints(net.Op("Reshape", {"a"}, {"y"}, 1), "dim", {1, -1});
  const StatusOr<std::shared_ptr<Graph>> graph = net.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ(NodeTypes(**graph), "Activation Reshape");
}

TEST(MaceLayout, SoftmaxAxisIsInTheSourcesOrder) {
  for (const auto& [source, expected] :
       std::vector<std::pair<int64_t, int64_t>>{{1, 3}, {2, 1}, {3, 2}, {-1, 2}, {0, 0}}) {
    TestNet net(2);
    net.Input("x", {2, 4, 5, 3});
    net.Output("y", {2, 4, 5, 3});
    TestNet::Int(net.Op("Softmax", {"x"}, {"y"}), "axis", source);
    const StatusOr<std::shared_ptr<Graph>> graph = net.Import();
    ASSERT_TRUE(graph.ok()) << graph.status().message();
    EXPECT_EQ((*graph)->nodes[0].attributes.GetInt("axis", -9), expected) << "axis " << source;
  }
}

// Channels of a rank-3 constant stand first in the source, last in the graph.
TEST(MaceLayout, OperandsOfLowerRankBroadcastInTheSourcesOrder) {
  TestNet net(2);
  net.Input("x", {1, 4, 5, 3});
  net.Output("y", {1, 4, 5, 3});
  net.Tensor<float>("w", {3, 1, 1}, wire::DT_FLOAT, kThree);
  TestNet::Int(net.Op("Eltwise", {"x", "w"}, {"y"}), "type", 2);
  const StatusOr<std::shared_ptr<Graph>> graph = net.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ((*graph)->value((*graph)->nodes[0].inputs[1]).info.shape, (Shape{1, 1, 1, 3}));
  EXPECT_EQ(ConstantOfFirstNode(**graph, 1), kThree);
}

TEST(MaceOps, PadTakesItsModeFromTheWrongArgument) {
  TestNet net(2);
  net.Input("x", {1, 4, 5, 3});
  net.Output("y", {1, 6, 7, 3});
  wire::OperatorDef* op = net.Op("Pad", {"x"}, {"y"});
  TestNet::Ints(op, "paddings", {0, 0, 1, 1, 1, 1, 0, 0});
  TestNet::Int(op, "padding", 1);
  const StatusOr<std::shared_ptr<Graph>> graph = net.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ((*graph)->nodes[0].attributes.GetInt("pad_type", -1), 1);
  EXPECT_FALSE((*graph)->nodes[0].attributes.Has("padding"));
}

TEST(MaceOps, PaddingValuesWinAndNothingMeansSame) {
  TestNet net(1);
  net.Input("x", {1, 8, 8, 1});
  net.Output("y", {1, 6, 6, 1});
  net.Tensor<float>("w", {1, 1, 3, 3}, wire::DT_FLOAT, std::vector<float>(9, 1.0f));
  net.Op("Conv2D", {"x", "w"}, {"a"});
  wire::OperatorDef* op = net.Op("Conv2D", {"a", "w"}, {"y"});
  TestNet::Int(op, "padding", 1);
  TestNet::Ints(op, "padding_values", {0, 0});
  const StatusOr<std::shared_ptr<Graph>> graph = net.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ((*graph)->value((*graph)->nodes[0].outputs[0]).info.shape, (Shape{1, 8, 8, 1}));
  EXPECT_EQ((*graph)->value((*graph)->outputs[0].value).info.shape, (Shape{1, 6, 6, 1}));
}

// The nodes that converters leave of x.view(x.size(0), -1) are evaluated and flattened, so that
// none stays.
TEST(MaceOps, ShapeChainsBecomeReshape) {
  TestNet net(2);
  net.Input("x", {2, 4, 5, 3});
  net.Output("y", {2, 60});
  net.Tensor<int32_t>("zero", {1}, wire::DT_INT32, {0});
  net.Tensor<int32_t>("rest", {1, 1}, wire::DT_INT32, {-1});
  net.Op("Shape", {"x"}, {"s"}, kTestNchw);
  TestNet::Int(net.Op("Gather", {"s", "zero"}, {"n"}, kTestNchw), "axis", 0);
  TestNet::Ints(net.Op("Unsqueeze", {"n"}, {"u"}, kTestNchw), "axis", {0});
  TestNet::Int(net.Op("Concat", {"u", "rest"}, {"c"}, kTestNchw), "axis", 0);
  net.Op("Reshape", {"x", "c"}, {"y"}, kTestNchw);
  const StatusOr<std::shared_ptr<Graph>> graph = net.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ(NodeTypes(**graph), "Transpose Reshape");
  EXPECT_EQ((*graph)->nodes[1].attributes.GetInts("dim"), (std::vector<int64_t>{2, -1}));
}

TEST(MaceImport, TheLastOfEqualArgumentsCounts) {
  TestNet net(1);
  net.Input("x", {1, 3});
  net.Output("y", {1, 3});
  wire::OperatorDef* op = net.Op("Activation", {"x"}, {"y"});
  TestNet::Text(op, "activation", "RELU");
  TestNet::Text(op, "activation", "TANH");
  const StatusOr<std::shared_ptr<Graph>> graph = net.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ((*graph)->nodes[0].attributes.GetString("activation", ""), "TANH");
}

TEST(MaceImport, OpsMayComeInAnyOrder) {
  TestNet net(1);
  net.Input("x", {1, 3});
  net.Output("y", {1, 3});
  net.Op("Identity", {"a"}, {"y"});
  net.Op("Identity", {"x"}, {"a"});
  const StatusOr<std::shared_ptr<Graph>> graph = net.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ((*graph)->nodes[0].name, "a");
}

TEST(MaceImport, BareNetAndOtherInputShape) {
  TestNet net(1);
  net.Input("x", {-1, 3});
  net.Output("y", {1, 3});
  net.Op("Identity", {"x"}, {"y"});
  const std::string bare = net.net().SerializeAsString();
  ImportOptions options;
  StatusOr<std::shared_ptr<Graph>> graph = ImportModelBytes("bare.pb", AsBytes(bare), {}, options);
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ((*graph)->value((*graph)->outputs[0].value).info.shape, (Shape{1, 3}));
  options.input_shapes["x"] = {7, 3};
  graph = ImportModelBytes("bare.pb", AsBytes(bare), {}, options);
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ((*graph)->value((*graph)->outputs[0].value).info.shape, (Shape{7, 3}));
  EXPECT_EQ((*graph)->inputs[0].declared_dims, (std::vector<int64_t>{-1, 3}));
}

TEST(MaceImport, ArgMaxHasItsAxisAsAnArgumentOrAnInput) {
  for (const bool argument : {true, false}) {
    TestNet net(1);
    net.Input("x", {2, 3, 4});
    net.Output("y", {2, 3});
    if (!argument) net.Tensor<int32_t>("axis", {}, wire::DT_INT32, {-1});
    wire::OperatorDef* op = net.Op(
        "ArgMax", argument ? std::vector<std::string>{"x"} : std::vector<std::string>{"x", "axis"},
        {"y"});
    if (argument) TestNet::Int(op, "axis", 2);
    if (argument) TestNet::Int(op, "keepdims", 0);
    wire::OutputShape* shape = op->add_output_shape();
    shape->add_dims(2);
    shape->add_dims(3);
    const StatusOr<std::shared_ptr<Graph>> graph = net.Import();
    ASSERT_TRUE(graph.ok()) << graph.status().message();
    EXPECT_EQ((*graph)->nodes[0].inputs.size(), 1u);
    const TensorInfo& info = (*graph)->value((*graph)->outputs[0].value).info;
    EXPECT_EQ(info.shape, (Shape{2, 3}));
    EXPECT_EQ(info.dtype, DType::kInt32);
  }
}

// In a model that was converted from ONNX the axis counts in the source's order, and it stays where
// nothing else is said.
TEST(MaceImport, ArgMaxInTheSourcesOrder) {
  TestNet net(2);
  net.Input("x", {1, 4, 5, 3});
  net.Output("y", {1, 4, 5, 1});
  TestNet::Int(net.Op("ArgMax", {"x"}, {"y"}, kTestNchw), "axis", 1);
  const StatusOr<std::shared_ptr<Graph>> graph = net.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  const Node* node = FindNode(**graph, "y");
  ASSERT_NE(node, nullptr);
  EXPECT_EQ((*graph)->value(node->inputs[0]).info.shape, (Shape{1, 3, 4, 5}));
  EXPECT_EQ((*graph)->value((*graph)->outputs[0].value).info.shape, (Shape{1, 4, 5, 1}));
}

TEST(MaceImport, ArgMaxOfSeveralPlacesIsRefused) {
  TestNet net(1);
  net.Input("x", {2, 3});
  net.Output("y", {2, 2});
  TestNet::Int(net.Op("ArgMax", {"x"}, {"y"}), "top_k", 2);
  const StatusOr<std::shared_ptr<Graph>> graph = net.Import();
  ASSERT_FALSE(graph.ok());
  EXPECT_EQ(graph.status().code(), StatusCode::kUnsupported);
  EXPECT_NE(graph.status().message().find("node 'y' (ArgMax): top_k and out_val"),
            std::string::npos)
      << graph.status().message();
}

TEST(MaceImport, CumsumAndOneHotKeepTheirArguments) {
  TestNet net(1);
  net.Input("x", {2, 3});
  net.Output("y", {2, 3, 4});
  wire::OperatorDef* sums = net.Op("Cumsum", {"x"}, {"sums"});
  TestNet::Int(sums, "axis", 1);
  TestNet::Int(sums, "exclusive", 1);
  wire::OperatorDef* rows = net.Op("OneHot", {"sums"}, {"y"});
  TestNet::Int(rows, "depth", 4);
  wire::Argument* on = rows->add_arg();
  on->set_name("on_value");
  on->set_f(2);
  const StatusOr<std::shared_ptr<Graph>> graph = net.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  ASSERT_EQ(NodeTypes(**graph), "Cumsum OneHot");
  EXPECT_EQ((*graph)->nodes[0].attributes.GetInt("exclusive", 0), 1);
  EXPECT_EQ((*graph)->nodes[1].attributes.GetFloat("on_value", 0), 2.0);
  EXPECT_EQ((*graph)->value((*graph)->outputs[0].value).info.shape, (Shape{2, 3, 4}));
}

}  // namespace
}  // namespace mace
