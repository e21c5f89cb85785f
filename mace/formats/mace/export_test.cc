#include "mace/formats/mace/export.h"

#include <gtest/gtest.h>

#include "mace/base/coding.h"
#include "mace/formats/import_model.h"
#include "mace/formats/proto/mace.pb.h"
#include "mace/testing/formats/test_evaluate.h"

namespace mace {
namespace {

// A graph of one op: x [1, 6, 6, 2] and constants in, y out.
class OneOp {
 public:
  OneOp(const std::string& type, const Shape& output) {
    Add("x", {1, 6, 6, 2}, &graph_.inputs);
    node_.name = "op";
    node_.type = type;
    node_.inputs = {0};
    Add("y", output, &graph_.outputs);
    node_.outputs = {1};
  }

  OneOp& Set(const std::string& name, Attribute value) {
    node_.attributes.Set(name, std::move(value));
    return *this;
  }
  OneOp& Constant(const std::string& name, HostTensor tensor) {
    node_.inputs.push_back(graph_.AddConstant(name, std::move(tensor)));
    return *this;
  }
  OneOp& Floats(const std::string& name, const Shape& shape, float value) {
    return Constant(name, HostTensor::FromVector(
                              DType::kFloat32, shape,
                              std::vector<float>(static_cast<size_t>(shape.elements()), value)));
  }
  Graph& graph() {
    graph_.nodes = {node_};
    return graph_;
  }
  IoInfo& input() { return graph_.inputs[0]; }
  IoInfo& output() { return graph_.outputs[0]; }

 private:
  void Add(const std::string& name, const Shape& shape, std::vector<IoInfo>* infos) {
    IoInfo io;
    io.name = name;
    io.value = graph_.AddValue(name);
    graph_.value(io.value).info = {DType::kFloat32, shape};
    graph_.value(io.value).shape_known = true;
    io.declared_dims = shape.dims();
    io.layout = shape.rank() == 4 ? "NHWC" : "NONE";
    infos->push_back(io);
  }

  Graph graph_;
  Node node_;
};

// Exports, and gives what comes back.
std::shared_ptr<Graph> ThereAndBack(const Graph& graph, const MaceExportOptions& options = {},
                                    MaceExport* kept = nullptr) {
  StatusOr<MaceExport> exported = ExportMace(graph, options);
  EXPECT_TRUE(exported.ok()) << exported.status().message();
  if (!exported.ok()) return nullptr;
  StatusOr<std::shared_ptr<Graph>> back =
      ImportModelBytes("back", AsBytes(exported->model), exported->data, ImportOptions());
  EXPECT_TRUE(back.ok()) << back.status().message();
  if (kept != nullptr) *kept = *std::move(exported);
  return back.ok() ? *back : nullptr;
}

const Node& OnlyNode(const Graph& graph) {
  EXPECT_EQ(graph.nodes.size(), 1u);
  return graph.nodes[0];
}

wire::NetDef NetOf(const MaceExport& exported) {
  wire::MultiNetDef model;
  EXPECT_TRUE(model.ParseFromString(exported.model));
  return model.net_def(0);
}

OneOp Convolution(const std::vector<int64_t>& pads) {
  OneOp op("Conv2D", {1, 6, 6, 3});
  op.Floats("filter", {3, 2, 3, 3}, 0.5f).Floats("bias", {3}, 1).Set("pads", pads);
  op.Set("strides", std::vector<int64_t>{1, 1});
  return op;
}

TEST(MaceExportTest, EvenPaddingsAreTotals) {
  MaceExport exported;
  const std::shared_ptr<Graph> back =
      ThereAndBack(Convolution({1, 1, 1, 1}).graph(), {}, &exported);
  ASSERT_NE(back, nullptr);
  const AttributeMap& attributes = OnlyNode(*back).attributes;
  EXPECT_EQ(attributes.GetInts("padding_values"), (std::vector<int64_t>{2, 2}));
  EXPECT_FALSE(attributes.Has("pads"));
  EXPECT_TRUE(exported.beyond_upstream.empty());
  EXPECT_EQ(back->value(back->outputs[0].value).info.shape, Shape({1, 6, 6, 3}));
}

TEST(MaceExportTest, UnevenPaddingsStayAndAreListed) {
  MaceExport exported;
  const std::shared_ptr<Graph> back =
      ThereAndBack(Convolution({2, 1, 0, 1}).graph(), {}, &exported);
  ASSERT_NE(back, nullptr);
  EXPECT_EQ(OnlyNode(*back).attributes.GetInts("pads"), (std::vector<int64_t>{2, 1, 0, 1}));
  ASSERT_EQ(exported.beyond_upstream.size(), 1u);
  EXPECT_EQ(exported.beyond_upstream[0], "node 'op' (Conv2D): uneven paddings");
}

TEST(MaceExportTest, ADeconvolutionWithAShapeHasItBeforeTheBias) {
  OneOp op("Deconv2D", {1, 12, 12, 3});
  op.Floats("filter", {3, 2, 2, 2}, 0.5f).Floats("bias", {3}, 1).Set("padding", int64_t{1});
  op.Set("strides", std::vector<int64_t>{2, 2}).Set("dim", std::vector<int64_t>{1, 12, 12, 3});
  op.Set("framework_type", int64_t{2});
  MaceExport exported;
  const std::shared_ptr<Graph> back = ThereAndBack(op.graph(), {}, &exported);
  ASSERT_NE(back, nullptr);
  const wire::NetDef net = NetOf(exported);
  ASSERT_EQ(net.op(0).input_size(), 4);
  EXPECT_EQ(net.op(0).input(3), "bias");
  EXPECT_EQ(OnlyNode(*back).inputs.size(), 3u);
  EXPECT_EQ(OnlyNode(*back).attributes.GetInts("dim"), (std::vector<int64_t>{1, 12, 12, 3}));
}

TEST(MaceExportTest, GroupedDeconvolutionsHaveAnOpOfTheirOwn) {
  OneOp op("Deconv2D", {1, 12, 12, 2});
  op.Floats("filter", {1, 2, 2, 2}, 0.5f).Set("group", int64_t{2}).Set("padding", int64_t{1});
  op.Set("strides", std::vector<int64_t>{2, 2});
  MaceExport exported;
  const std::shared_ptr<Graph> back = ThereAndBack(op.graph(), {}, &exported);
  ASSERT_NE(back, nullptr);
  EXPECT_EQ(NetOf(exported).op(0).type(), "DepthwiseDeconv2d");
  EXPECT_TRUE(exported.beyond_upstream.empty());
  EXPECT_EQ(OnlyNode(*back).type, "Deconv2D");
  EXPECT_EQ(OnlyNode(*back).attributes.GetInt("group", 1), 2);
}

TEST(MaceExportTest, NeighboursAreCountedOnOneSide) {
  OneOp even("LocalResponseNorm", {1, 6, 6, 2}), odd("LocalResponseNorm", {1, 6, 6, 2});
  MaceExport exported;
  std::shared_ptr<Graph> back =
      ThereAndBack(odd.Set("size", int64_t{5}).Set("alpha", 10.0).graph(), {}, &exported);
  ASSERT_NE(back, nullptr);
  EXPECT_TRUE(exported.beyond_upstream.empty());
  const wire::NetDef net = NetOf(exported);
  for (const wire::Argument& argument : net.op(0).arg()) {
    EXPECT_NE(argument.name(), "size");
    if (argument.name() == "depth_radius") {
      EXPECT_EQ(argument.i(), 2);
    }
    if (argument.name() == "alpha") {
      EXPECT_EQ(argument.f(), 2);
    }
  }
  EXPECT_EQ(OnlyNode(*back).attributes.GetInt("size", 0), 5);
  EXPECT_EQ(OnlyNode(*back).attributes.GetFloat("alpha", 0), 10);
  EXPECT_EQ(OnlyNode(*back).attributes.GetFloat("beta", 0), 0.75);
  back = ThereAndBack(even.Set("size", int64_t{4}).graph(), {}, &exported);
  ASSERT_NE(back, nullptr);
  EXPECT_EQ(exported.beyond_upstream.size(), 1u);
  EXPECT_EQ(OnlyNode(*back).attributes.GetInt("size", 0), 4);
}

TEST(MaceExportTest, PriorBoxesKeepTheirExtents) {
  OneOp op("PriorBox", {1, 2, 16});
  op.Set("feature_size", std::vector<int64_t>{2, 2}).Set("min_size", std::vector<double>{4});
  op.Set("image_size", std::vector<int64_t>{8, 8});
  Graph& graph = op.graph();
  graph.nodes[0].inputs.clear();
  MaceExport exported;
  const std::shared_ptr<Graph> back = ThereAndBack(graph, {}, &exported);
  ASSERT_NE(back, nullptr);
  EXPECT_EQ(exported.beyond_upstream.size(), 1u);
  EXPECT_EQ(OnlyNode(*back).attributes.GetInts("image_size"), (std::vector<int64_t>{8, 8}));
}

TEST(MaceExportTest, ShapesAreInputsToo) {
  OneOp reshape("Reshape", {1, 72});
  reshape.Set("dim", std::vector<int64_t>{1, -1});
  MaceExport exported;
  const std::shared_ptr<Graph> back = ThereAndBack(reshape.graph(), {}, &exported);
  ASSERT_NE(back, nullptr);
  const wire::NetDef net = NetOf(exported);
  ASSERT_EQ(net.op(0).input_size(), 2);
  ASSERT_EQ(net.tensors_size(), 1);
  EXPECT_EQ(net.tensors(0).data_type(), wire::DT_INT32);
  EXPECT_EQ(net.op(0).input(1), net.tensors(0).name());
}

TEST(MaceExportTest, HalvesExceptWhatTheyCannotHold) {
  OneOp op("Eltwise", {1, 6, 6, 2});
  op.Set("type", int64_t{0}).Floats("large", {1, 1, 1, 2}, 1e6f);
  OneOp small("Eltwise", {1, 6, 6, 2});
  small.Set("type", int64_t{0}).Floats("small", {1, 1, 1, 2}, 0.25f);
  MaceExportOptions halves;
  halves.half_weights = true;
  MaceExport exported;
  ThereAndBack(op.graph(), halves, &exported);
  EXPECT_EQ(NetOf(exported).tensors(0).data_type(), wire::DT_FLOAT);
  ThereAndBack(small.graph(), halves, &exported);
  EXPECT_EQ(NetOf(exported).tensors(0).data_type(), wire::DT_HALF);
  EXPECT_EQ(exported.data.size(), 4u);
  EXPECT_EQ(NetOf(exported).data_type(), wire::DT_HALF);
}

// Functions that upstream has another op for, or several.
TEST(MaceExportTest, FunctionsAreUpstreamsWhereItHasThem) {
  for (const char* function : {"neg", "abs", "square", "reciprocal", "silu", "hardswish"}) {
    OneOp op("Unary", {1, 6, 6, 2});
    MaceExport exported;
    const std::shared_ptr<Graph> back =
        ThereAndBack(op.Set("function", std::string(function)).graph(), {}, &exported);
    ASSERT_NE(back, nullptr) << function;
    EXPECT_TRUE(exported.beyond_upstream.empty()) << exported.beyond_upstream[0];
    std::vector<float> numbers;
    for (int i = 0; i < 72; ++i) numbers.push_back(0.11f * static_cast<float>(i - 35) + 0.01f);
    const HostTensor x = HostTensor::FromVector(DType::kFloat32, Shape({1, 6, 6, 2}), numbers);
    const StatusOr<std::vector<HostTensor>> expected = EvaluateGraph(op.graph(), {x});
    const StatusOr<std::vector<HostTensor>> found = EvaluateGraph(*back, {x});
    ASSERT_TRUE(expected.ok() && found.ok()) << function;
    for (size_t i = 0; i < numbers.size(); ++i) {
      EXPECT_FLOAT_EQ((*expected)[0].f32()[i], (*found)[0].f32()[i]) << function << " of " << i;
    }
  }
  OneOp erf("Unary", {1, 6, 6, 2});
  MaceExport exported;
  ThereAndBack(erf.Set("function", std::string("erf")).graph(), {}, &exported);
  ASSERT_EQ(exported.beyond_upstream.size(), 1u);
  EXPECT_EQ(exported.beyond_upstream[0], "node 'op' (Unary): not an op of upstream's: erf");
}

TEST(MaceExportTest, AReshapeSaysWhatAZeroMeansOnlyWhereThereIsOne) {
  for (const int64_t first : {1, 0}) {
    OneOp op("Reshape", first == 0 ? Shape({0, 6}) : Shape({1, 72}));
    if (first == 0) op.graph().value(0).info.shape = Shape({1, 0, 6, 2});
    op.Set("dim", first == 0 ? std::vector<int64_t>{0, 6} : std::vector<int64_t>{1, -1});
    op.Set("allowzero", int64_t{1});
    const StatusOr<MaceExport> exported = ExportMace(op.graph(), {});
    ASSERT_TRUE(exported.ok()) << exported.status().message();
    EXPECT_EQ(exported->beyond_upstream.empty(), first == 1);
  }
}

TEST(MaceExportTest, TensorsLieAtMultiplesOfFourExceptBytes) {
  OneOp op("AddN", {1, 6, 6, 2});
  op.Constant("bytes", HostTensor::FromVector(DType::kUInt8, {3}, std::vector<uint8_t>{1, 2, 3}));
  op.Floats("floats", {1, 6, 6, 2}, 1);
  StatusOr<MaceExport> exported = ExportMace(op.graph(), {});
  ASSERT_TRUE(exported.ok());
  const wire::NetDef net = NetOf(*exported);
  EXPECT_EQ(net.tensors(0).offset(), 0);
  EXPECT_EQ(net.tensors(0).data_size(), 3);
  EXPECT_EQ(net.tensors(1).offset(), 4);
  EXPECT_EQ(net.data_size(), 4 + 72 * 4);
}

TEST(MaceExportTest, AnOutputThatIsAnInputGetsAnIdentity) {
  OneOp op("Activation", {1, 6, 6, 2});
  op.Set("activation", std::string("RELU"));
  IoInfo copy = op.input();
  copy.name = "copy";
  op.graph().outputs.push_back(copy);
  IoInfo again = op.output();
  again.name = "again";
  op.graph().outputs.push_back(again);
  const std::shared_ptr<Graph> back = ThereAndBack(op.graph());
  ASSERT_NE(back, nullptr);
  ASSERT_EQ(back->outputs.size(), 3u);
  EXPECT_EQ(back->outputs[1].name, "copy");
  EXPECT_EQ(back->outputs[2].name, "again");
  EXPECT_EQ(back->nodes.size(), 3u);
}

// Nodes that a pass made one of stand in the file as they were.
TEST(MaceExportTest, ANodeOfStepsIsWrittenAsThese) {
  OneOp op("FusedElementwise", {1, 6, 6, 2});
  op.Floats("offset", {2}, 0.5f);
  Graph graph = op.graph();
  const auto add_step = [&](const std::string& type, std::vector<ValueId> inputs) {
    Node step;
    step.name = "step" + std::to_string(graph.nodes[0].steps.size());
    step.type = type;
    step.inputs = std::move(inputs);
    graph.nodes[0].steps.push_back(std::move(step));
    return &graph.nodes[0].steps.back().attributes;
  };
  add_step("Eltwise", {0, 1})->Set("type", int64_t{2});
  add_step("Activation", {2})->Set("activation", std::string("TANH"));
  add_step("Eltwise", {3, 0})->Set("type", int64_t{1});
  MaceExport exported;
  const std::shared_ptr<Graph> back = ThereAndBack(graph, {}, &exported);
  ASSERT_NE(back, nullptr);
  ASSERT_EQ(back->nodes.size(), 3u);
  EXPECT_EQ(back->nodes[0].type, "Eltwise");
  EXPECT_EQ(back->nodes[1].attributes.GetString("activation", ""), "TANH");
  EXPECT_EQ(back->nodes[2].name, "op");
  EXPECT_EQ(back->nodes[2].inputs[0], back->nodes[1].outputs[0]);
  EXPECT_EQ(back->nodes[2].inputs[1], back->inputs[0].value);
  EXPECT_EQ(back->outputs[0].value, back->nodes[2].outputs[0]);
  EXPECT_TRUE(exported.beyond_upstream.empty());
}

TEST(MaceExportTest, WhatTheFormatCannotHoldIsRefusedByName) {
  OneOp wide("Gather", {1, 6, 6, 2});
  wide.Constant("indices",
                HostTensor::FromVector(DType::kInt64, {1}, std::vector<int64_t>{int64_t{1} << 40}));
  EXPECT_EQ(ExportMace(wide.graph(), {}).status().message(),
            "node 'op' (Gather): tensor 'indices': a MACE file has int32, found 1099511627776");
  OneOp small("Gather", {1, 6, 6, 2});
  small.Constant("indices", HostTensor::FromVector<int16_t>(DType::kInt16, {1}, {0}));
  EXPECT_EQ(ExportMace(small.graph(), {}).status().message(),
            "node 'op' (Gather): tensor 'indices': a MACE file has no int16");
  OneOp input("Identity", {1, 6, 6, 2});
  input.graph().value(0).info.dtype = DType::kInvalid;
  EXPECT_EQ(ExportMace(input.graph(), {}).status().message(),
            "input 'x': a MACE file has no element type invalid");
  OneOp twice("Activation", {1, 6, 6, 2});
  twice.output().name = "x";
  EXPECT_EQ(ExportMace(twice.graph(), {}).status().message(),
            "a MACE file has one tensor of a name, found two 'x' among inputs and outputs");
  OneOp tensor("Activation", {1, 6, 6, 2});
  tensor.Set("table", *HostTensor::Allocate({DType::kFloat32, {1}}));
  EXPECT_EQ(ExportMace(tensor.graph(), {}).status().message(),
            "node 'op' (Activation): a MACE file has no tensors among arguments, found 'table'");
}

}  // namespace
}  // namespace mace
