#include <gtest/gtest.h>

#include <functional>

#include "mace/base/coding.h"
#include "mace/formats/import_model.h"
#include "mace/formats/proto/tensorflow.pb.h"
#include "mace/testing/formats/damaged_model.h"
#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_net.h"
#include "mace/testing/formats/test_tensorflow.h"

namespace mace {
namespace {

std::vector<float> Floats(const Graph& graph, ValueId id) {
  const HostTensor tensor = *graph.value(id).constant->ConvertTo(DType::kFloat32);
  return std::vector<float>(tensor.f32(), tensor.f32() + tensor.shape().elements());
}

TEST(TfImport, NamesPortsAndControlInputs) {
  TestTf test;
  // Out of order, with an input of control that would close a cycle.
  test.Node("Relu", "y", {"split:1", "^x"});
  test.Node("NoOp", "init", {"^y"});
  tf::NodeDef* split = test.Node("Split", "split", {"axis", "copy"});
  (*split->mutable_attr())["num_split"].set_i(2);
  test.Node("Identity", "copy", {"x:0", "^init"});
  test.Input("x", {-1, 6});
  test.Const("axis", {}, tf::DT_INT32)->add_int_val(1);
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ(NodeTypes(**graph), "Split Activation");
  ASSERT_EQ((*graph)->inputs.size(), 1u);
  EXPECT_EQ((*graph)->inputs[0].name, "x");
  ASSERT_EQ((*graph)->outputs.size(), 1u);
  EXPECT_EQ((*graph)->outputs[0].name, "y");
  EXPECT_EQ((*graph)->nodes[1].inputs[0], (*graph)->nodes[0].outputs[1]);
  EXPECT_EQ((*graph)->value((*graph)->outputs[0].value).info.shape, (Shape{1, 3}));
}

// A frozen function ends so: one node that passes all of its results on.
TEST(TfImport, AllOutputsOfTheLastNode) {
  TestTf test;
  test.Input("x", {2, 3});
  test.Node("Relu", "a", {"x"});
  test.Node("Tanh", "b", {"x"});
  tf::NodeDef* last = test.Node("IdentityN", "y", {"a", "b"});
  for (int i = 0; i < 2; ++i) {
    (*last->mutable_attr())["T"].mutable_list()->add_type(tf::DT_FLOAT);
  }
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  ASSERT_EQ((*graph)->outputs.size(), 2u);
  EXPECT_EQ((*graph)->outputs[0].name, "y");
  EXPECT_EQ((*graph)->outputs[1].name, "y:1");
}

TEST(TfImport, OutputsByOption) {
  TestTf test;
  test.Input("x", {2, 3});
  test.Node("Relu", "a", {"x"});
  test.Node("Tanh", "b", {"a"});
  ImportOptions options;
  options.outputs = {"a:0"};
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import(options);
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ(NodeTypes(**graph), "Activation");
  EXPECT_EQ((*graph)->outputs[0].name, "a");
}

// x -> a -> split -> b -> y, and z that only y needs.
TEST(TfImport, InputsByOption) {
  TestTf test;
  test.Input("x", {2, 6});
  test.Input("z", {2, 3});
  test.Node("Relu", "a", {"x"});
  test.Const("axis", {}, tf::DT_INT32)->add_int_val(1);
  tf::NodeDef* split = test.Node("Split", "split", {"axis", "a"});
  (*split->mutable_attr())["num_split"].set_i(2);
  test.Node("Tanh", "b", {"split:1"});
  test.Node("Add", "y", {"b", "z"});
  ImportOptions options;
  options.inputs = {"split:1"};
  options.outputs = {"b"};
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import(options);
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ(NodeTypes(**graph), "Activation");
  ASSERT_EQ((*graph)->inputs.size(), 1u);
  EXPECT_EQ((*graph)->inputs[0].name, "split:1");
  EXPECT_EQ((*graph)->value((*graph)->inputs[0].value).info.shape, (Shape{2, 3}));
  options.outputs = {"y"};
  EXPECT_EQ(test.Import(options).status().message(),
            "test.pb: input 'z': expected outputs that need only the inputs asked for, found that "
            "they need this one");
  options.inputs = {"split:1", "z"};
  EXPECT_EQ(NodeTypes(**test.Import(options)), "Activation Eltwise");
  options.inputs = {"nothing"};
  EXPECT_EQ(test.Import(options).status().code(), StatusCode::kNotFound);
}

// A filter [h, w, in, out] of 1 x 2 x 2 x 3 counts up; the graph's is [out, in, h, w].
const std::vector<float> kFilter = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
const std::vector<float> kFilterOihw = {0, 6, 3, 9, 1, 7, 4, 10, 2, 8, 5, 11};

TEST(TfImport, FiltersAreReordered) {
  TestTf test;
  test.Input("x", {1, 4, 5, 2});
  test.Floats("w", {1, 2, 2, 3}, kFilter);
  tf::NodeDef* conv = test.Node("Conv2D", "y", {"x", "w"});
  TestTf::Text(conv, "padding", "VALID");
  TestTf::List(conv, "strides", {1, 2, 1, 1});
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  ASSERT_EQ(NodeTypes(**graph), "Conv2D");
  const Node& node = (*graph)->nodes[0];
  EXPECT_EQ((*graph)->value(node.inputs[1]).info.shape, (Shape{3, 2, 1, 2}));
  EXPECT_EQ(Floats(**graph, node.inputs[1]), kFilterOihw);
  EXPECT_EQ((*graph)->value(node.outputs[0]).info.shape, (Shape{1, 2, 4, 3}));
}

TEST(TfImport, NchwIsTransposedAround) {
  TestTf test;
  test.Input("x", {1, 2, 4, 5});
  test.Floats("w", {1, 2, 2, 3}, kFilter);
  tf::NodeDef* conv = test.Node("Conv2D", "y", {"x", "w"});
  TestTf::Text(conv, "padding", "EXPLICIT");
  TestTf::Text(conv, "data_format", "NCHW");
  TestTf::List(conv, "strides", {1, 1, 2, 1});
  TestTf::List(conv, "explicit_paddings", {0, 0, 0, 0, 1, 0, 2, 3});
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  ASSERT_EQ(NodeTypes(**graph), "Transpose Conv2D Transpose");
  EXPECT_EQ((*graph)->nodes[1].attributes.GetInts("pads"), (std::vector<int64_t>{1, 2, 0, 3}));
  // Height (4 + 1 - 1) / 2 + 1, width 5 + 5 - 2 + 1.
  EXPECT_EQ((*graph)->value((*graph)->outputs[0].value).info.shape, (Shape{1, 3, 3, 9}));
}

TEST(TfImport, ScalarsBecomeAttributes) {
  TestTf test;
  test.Input("x", {2, 3});
  test.Const("two", {}, tf::DT_FLOAT)->add_float_val(2);
  test.Node("Sub", "a", {"two", "x"});
  test.Node("RealDiv", "y", {"a", "two"});
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  ASSERT_EQ(NodeTypes(**graph), "Eltwise Eltwise");
  EXPECT_EQ((*graph)->nodes[0].attributes.GetInt("scalar_input_index", -1), 0);
  EXPECT_EQ((*graph)->nodes[1].attributes.GetInt("scalar_input_index", -1), 1);
  EXPECT_EQ((*graph)->nodes[1].attributes.GetFloat("scalar_input", 0), 2);
}

// One value stands for all; float64 and int64 are narrowed, where the least and the greatest int64
// become those of int32.
TEST(TfConstants, TypesAndRepetition) {
  TestTf test;
  test.Input("x", {2, 3});
  test.Const("d", {3}, tf::DT_DOUBLE)->add_double_val(0.25);
  test.Node("AddV2", "y", {"x", "d"});
  tf::TensorProto* long_list = test.Const("l", {4}, tf::DT_INT64);
  for (int64_t value : {INT64_MAX, INT64_MIN, int64_t{-5}}) long_list->add_int64_val(value);
  test.Node("Reshape", "z", {"x", "l"});
  ImportOptions options;
  options.outputs = {"y"};
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import(options);
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ(Floats(**graph, (*graph)->nodes[0].inputs[1]), std::vector<float>(3, 0.25f));
  options.outputs = {"z"};
  const Status refused = test.Import(options).status();
  EXPECT_EQ(refused.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(refused.message().find("[2147483647, -2147483648, -5, -5]"), std::string::npos)
      << refused.message();
}

// Another number that int32 cannot hold would be taken for one that is not in the model.
TEST(TfConstants, WholeNumbersBeyondInt32AreRefused) {
  constexpr int64_t kLimit = int64_t{1} << 31;
  const auto import = [](int64_t value, bool is_content) {
    TestTf test;
    test.Input("x", {2, 3});
    tf::TensorProto* proto = test.Const("l", {1}, tf::DT_INT64);
    if (is_content) {
      proto->set_tensor_content(std::string(reinterpret_cast<const char*>(&value), sizeof(value)));
    } else {
      proto->add_int64_val(value);
    }
    test.Node("Cast", "y", {"l"});
    (*test.def().mutable_node(test.def().node_size() - 1)->mutable_attr())["DstT"].set_type(
        tf::DT_FLOAT);
    test.Node("AddV2", "z", {"x", "y"});
    return test.Import({}).status();
  };
  for (const bool is_content : {false, true}) {
    for (int64_t value : {INT64_MAX, INT64_MIN, kLimit - 1, -kLimit, int64_t{0}}) {
      EXPECT_TRUE(import(value, is_content).ok()) << import(value, is_content).message();
    }
    for (int64_t value : {kLimit, -kLimit - 1, INT64_MAX - 1}) {
      const Status refused = import(value, is_content);
      EXPECT_EQ(StatusCode::kUnsupported, refused.code());
      EXPECT_NE(std::string::npos, refused.message().find("found " + std::to_string(value)))
          << refused.message();
    }
  }
}

TEST(TfImport, ShapeChainsAreEvaluated) {
  TestTf test;
  test.Input("x", {2, 4, 5, 3});
  test.Node("Shape", "shape", {"x"});
  test.Ints("zero", {0});
  test.Ints("one", {1});
  tf::NodeDef* slice = test.Node("StridedSlice", "n", {"shape", "zero", "one", "one"});
  (*slice->mutable_attr())["shrink_axis_mask"].set_i(1);
  test.Const("rest", {}, tf::DT_INT32)->add_int_val(-1);
  (*test.Node("Pack", "dims", {"n", "rest"})->mutable_attr())["N"].set_i(2);
  test.Node("Reshape", "y", {"x", "dims"});
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ(NodeTypes(**graph), "Reshape");
  EXPECT_EQ((*graph)->value((*graph)->outputs[0].value).info.shape, (Shape{2, 60}));
}

TEST(TfImport, PlacesOfLargestAndSmallest) {
  TestTf test;
  test.Input("x", {2, 3, 4});
  test.Const("axis", {}, tf::DT_INT32)->add_int_val(1);
  test.Node("ArgMax", "largest", {"x", "axis"});
  test.Node("ArgMin", "smallest", {"x", "axis"});
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  ASSERT_EQ(NodeTypes(**graph), "ArgMax ArgMax");
  for (const Node& node : (*graph)->nodes) {
    EXPECT_EQ(node.attributes.GetInt("argmin", -1), node.name == "smallest" ? 1 : 0);
    const TensorInfo& info = (*graph)->value(node.outputs[0]).info;
    EXPECT_EQ(info.shape, (Shape{2, 4}));
    EXPECT_EQ(info.dtype, DType::kInt32);
  }
}

TEST(TfImport, PatchesAndCubicResizing) {
  TestTf test;
  test.Input("x", {1, 4, 5, 2});
  test.Ints("size", {8, 10});
  tf::NodeDef* resize = test.Node("ResizeBicubic", "large", {"x", "size"});
  (*resize->mutable_attr())["half_pixel_centers"].set_b(true);
  tf::NodeDef* patches = test.Node("ExtractImagePatches", "y", {"large"});
  TestTf::List(patches, "ksizes", {1, 2, 3, 1});
  TestTf::List(patches, "strides", {1, 2, 1, 1});
  TestTf::List(patches, "rates", {1, 1, 1, 1});
  TestTf::Text(patches, "padding", "VALID");
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  ASSERT_EQ(NodeTypes(**graph), "ResizeBicubic ExtractImagePatches");
  EXPECT_EQ((*graph)->nodes[0].attributes.GetInt("coordinate_transformation_mode", -1), 1);
  EXPECT_EQ((*graph)->value((*graph)->outputs[0].value).info.shape, (Shape{1, 4, 8, 12}));
  TestTf::Text(patches, "padding", "EXPLICIT");
  EXPECT_NE(test.Import().status().message().find("expected SAME or VALID"), std::string::npos);
}

// A row comes from x where its number is above the limit, normalised over itself: 3 / (1 + 9).
TEST(TfImport, ComparisonsChooseRows) {
  TestTf test;
  test.Input("x", {2, 1});
  test.Floats("b", {2, 1}, {7, 8});
  test.Floats("limits", {2}, {0.5f, 3});
  test.Floats("numbers", {2}, {1, 2});
  test.Node("Greater", "above", {"numbers", "limits"});
  tf::NodeDef* lrn = test.Node("LRN", "a", {"x"});
  (*lrn->mutable_attr())["depth_radius"].set_i(0);
  (*lrn->mutable_attr())["beta"].set_f(1);
  test.Node("Select", "y", {"above", "a", "b"});
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  const HostTensor x = HostTensor::FromVector<float>(DType::kFloat32, Shape({2, 1}), {3, 5});
  const StatusOr<std::vector<HostTensor>> y = EvaluateGraph(**graph, {x});
  ASSERT_TRUE(y.ok()) << y.status().message();
  EXPECT_NEAR((*y)[0].f32()[0], 0.3f, 1e-6);
  EXPECT_EQ((*y)[0].f32()[1], 8);
}

TEST(TfImport, RunningSums) {
  TestTf test;
  test.Input("x", {2, 3});
  test.Const("axis", {}, tf::DT_INT32)->add_int_val(-1);
  (*test.Node("Cumsum", "y", {"x", "axis"})->mutable_attr())["reverse"].set_b(true);
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  ASSERT_EQ(NodeTypes(**graph), "Cumsum");
  const AttributeMap& attributes = (*graph)->nodes[0].attributes;
  EXPECT_EQ(attributes.GetInt("axis", 0), -1);
  EXPECT_EQ(attributes.GetInt("exclusive", -1), 0);
  EXPECT_EQ(attributes.GetInt("reverse", -1), 1);
}

TEST(TfImport, OneHotHasTheTypeOfItsValues) {
  for (const bool floats : {true, false}) {
    TestTf test;
    test.Input("x", {2, 3});
    test.Const("zero", {}, tf::DT_INT32)->add_int_val(0);
    test.Const("depth", {}, tf::DT_INT32)->add_int_val(5);
    const tf::DataType type = floats ? tf::DT_FLOAT : tf::DT_INT64;
    for (const char* name : {"on", "off"}) {
      tf::TensorProto* value = test.Const(name, {}, type);
      const int number = name[1] == 'n' ? 3 : 1;
      if (floats) value->add_float_val(static_cast<float>(number) / 2);
      if (!floats) value->add_int64_val(number);
    }
    test.Node("ArgMax", "places", {"x", "zero"});
    (*test.Node("OneHot", "y", {"places", "depth", "on", "off"})->mutable_attr())["axis"].set_i(0);
    const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
    ASSERT_TRUE(graph.ok()) << graph.status().message();
    ASSERT_EQ(NodeTypes(**graph), "ArgMax OneHot");
    const Node& node = (*graph)->nodes[1];
    EXPECT_EQ(node.attributes.GetFloat("on_value", 0), floats ? 1.5 : 3.0);
    EXPECT_EQ(node.attributes.GetFloat("off_value", 0), floats ? 0.5 : 1.0);
    const TensorInfo& info = (*graph)->value(node.outputs[0]).info;
    EXPECT_EQ(info.shape, (Shape{5, 3}));
    EXPECT_EQ(info.dtype, floats ? DType::kFloat32 : DType::kInt32);
  }
}

void ExpectRefused(const std::function<void(TestTf*)>& damage, StatusCode code,
                   const std::string& part) {
  TestTf test;
  test.Input("x", {2, 3});
  test.Floats("w", {3}, {1, 2, 3});
  test.Node("AddV2", "a", {"x", "w"});
  test.Node("Relu", "y", {"a"});
  ASSERT_TRUE(test.Import().ok()) << test.Import().status().message();
  damage(&test);
  const Status status = test.Import().status();
  EXPECT_EQ(status.code(), code) << status.message();
  EXPECT_NE(status.message().find(part), std::string::npos) << status.message();
}

TEST(TfDamage, Names) {
  ExpectRefused([](TestTf* t) { t->def().mutable_node(3)->set_name("a"); },
                StatusCode::kInvalidArgument, "two nodes are named 'a'");
  ExpectRefused([](TestTf* t) { t->def().mutable_node(2)->set_input(1, "nobody"); },
                StatusCode::kInvalidArgument, "node 'a' (AddV2): input: 'nobody'");
  ExpectRefused([](TestTf* t) { t->def().mutable_node(3)->set_input(0, "a:1"); },
                StatusCode::kUnsupported, "'a:1'");
  ExpectRefused([](TestTf* t) { t->def().mutable_node(3)->set_input(0, "a:99999999999"); },
                StatusCode::kInvalidArgument, "output number");
}

TEST(TfDamage, Wiring) {
  ExpectRefused(
      [](TestTf* t) {
        t->def().mutable_node(2)->set_input(1, "y");
        t->Node("Relu", "z", {"y"});
      },
      StatusCode::kInvalidArgument, "expected no cycle");
  ExpectRefused([](TestTf* t) { t->def().mutable_node(3)->set_op("Teleport"); },
                StatusCode::kUnsupported, "node 'y' (Teleport): unknown op");
  ExpectRefused([](TestTf* t) { t->def().mutable_node(2)->mutable_input()->RemoveLast(); },
                StatusCode::kInvalidArgument, "node 'a' (AddV2): expected 2 inputs, found 1");
}

TEST(TfDamage, Constants) {
  const auto tensor = [](TestTf* t) {
    return (*t->def().mutable_node(1)->mutable_attr())["value"].mutable_tensor();
  };
  ExpectRefused([&](TestTf* t) { tensor(t)->add_float_val(4); }, StatusCode::kCorruption,
                "node 'w' (Const): expected 3 elements");
  ExpectRefused([&](TestTf* t) { tensor(t)->set_tensor_content("12345"); }, StatusCode::kCorruption,
                "expected 12 bytes");
  ExpectRefused([&](TestTf* t) { tensor(t)->set_dtype(tf::DT_STRING); }, StatusCode::kUnsupported,
                "element type 7");
  ExpectRefused(
      [&](TestTf* t) { tensor(t)->mutable_tensor_shape()->mutable_dim(0)->set_size(1LL << 39); },
      StatusCode::kResourceExhausted, "node 'w' (Const)");
  ExpectRefused(
      [&](TestTf* t) { tensor(t)->mutable_tensor_shape()->mutable_dim(0)->set_size(INT64_MAX); },
      StatusCode::kInvalidArgument, "node 'w' (Const)");
}

TEST(TfDamage, ChangedBytes) {
  TestTf test;
  test.Input("x", {1, 4, 5, 2});
  test.Floats("w", {1, 2, 2, 3}, kFilter);
  TestTf::Text(test.Node("Conv2D", "y", {"x", "w"}), "padding", "SAME");
  const DamagedModel model{"changed.pb"};
  EXPECT_GT(model.RunWithChangedBytes(test.def().SerializeAsString()), 20);
}

}  // namespace
}  // namespace mace
