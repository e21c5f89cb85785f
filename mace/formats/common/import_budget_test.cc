// A small file must not cost much memory: what is made at import is bound by the size of the file,
// and what is beyond stays an op, or is refused.
#include "mace/formats/common/import_budget.h"

#include <gtest/gtest.h>

#include "mace/base/memory_budget.h"
#include "mace/formats/proto/tensorflow.pb.h"
#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_net.h"
#include "mace/testing/formats/test_onnx.h"

namespace mace {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;

TEST(ImportBudget, AFewTimesTheFileAndAFloor) {
  ImportBudget small(uint64_t{1} << 40, 100);
  EXPECT_TRUE(small.HasRoomFor(8 * kMiB));
  EXPECT_FALSE(small.HasRoomFor(9 * kMiB));
  EXPECT_TRUE(small.Expand("a", 16 * kMiB).ok());
  const Status status = small.Expand("b", kMiB);
  EXPECT_EQ(StatusCode::kResourceExhausted, status.code());
  EXPECT_NE(status.message().find("b: expected at most 400 bytes"), std::string::npos)
      << status.message();
  EXPECT_NE(status.message().find("found 1048576"), std::string::npos) << status.message();
  ImportBudget large(uint64_t{1} << 40, 100 * kMiB);
  EXPECT_TRUE(large.Expand("a", 400 * kMiB).ok());
  ImportBudget huge(UINT64_MAX, UINT64_MAX);
  EXPECT_TRUE(huge.HasRoomFor(uint64_t{1} << 60));
}

TEST(ImportBudget, TheCallersBoundIsForAll) {
  ImportBudget budget(1000, 100 * kMiB);
  EXPECT_TRUE(budget.Convert("a", 600).ok());
  EXPECT_EQ(StatusCode::kResourceExhausted, budget.Convert("b", 600).code());
  EXPECT_EQ(StatusCode::kResourceExhausted, budget.Expand("c", 401).code());
  EXPECT_TRUE(budget.Expand("d", 400).ok());
  EXPECT_EQ(StatusCode::kResourceExhausted, budget.Convert("e", 1).code());
}

TEST(ImportBudget, PartsOfAFileThatOverlapCount) {
  const std::vector<uint8_t> bytes(1000);
  const ByteSource source = ByteSource::InMemory(Bytes(bytes.data(), bytes.size()), nullptr);
  ImportBudget budget(5000, 0);
  EXPECT_TRUE(budget.CountStored(source, 0, 1000).ok());
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(budget.CountStored(source, 0, 1000).ok());
  for (uint64_t i = 1; i <= 5; ++i) EXPECT_TRUE(budget.CountStored(source, i, 994).ok()) << i;
  EXPECT_EQ(StatusCode::kResourceExhausted, budget.CountStored(source, 6, 994).code());
}

// Imports under a bound of the memory that a hostile file may take.
StatusOr<std::shared_ptr<Graph>> ImportBounded(const std::string& bytes) {
  const ScopedMemoryBudget scope(std::make_shared<MemoryBudget>(64 * kMiB));
  return ImportModelBytes("small", AsBytes(bytes), {}, {});
}

size_t ConstantBytes(const Graph& graph) {
  size_t bytes = 0;
  for (const Value& value : graph.values) {
    if (value.constant.has_value()) bytes += value.constant->bytes().size();
  }
  return bytes;
}

TEST(ImportBudget, LargeConstantsOfAShapeStayOps) {
  TestOnnx test;
  test.Input("x", {1});
  test.Ints("dims", {1 << 14, 1 << 14});
  test.Node("ConstantOfShape", {"dims"}, {"filled"});
  test.Node("Add", {"x", "filled"}, {"y"});
  test.Output("y");
  const StatusOr<std::shared_ptr<Graph>> graph = ImportBounded(test.Bytes());
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_LT(ConstantBytes(**graph), kMiB);
  ASSERT_EQ(2u, (*graph)->nodes.size());
  EXPECT_EQ("Fill", (*graph)->nodes[0].type);
  const Value& filled = (*graph)->value((*graph)->nodes[0].outputs[0]);
  EXPECT_EQ(Shape({1 << 14, 1 << 14}), filled.info.shape);
}

// The values are the same, op or constant.
TEST(ImportBudget, AFillGivesTheValuesOfTheConstant) {
  TestOnnx test;
  test.Input("x", {1});
  test.Ints("dims", {3, 2});
  onnx::NodeProto* fill = test.Node("ConstantOfShape", {"dims"}, {"filled"});
  onnx::TensorProto* value =
      TestOnnx::Attribute(fill, "value", onnx::AttributeProto::TENSOR)->mutable_t();
  value->set_data_type(onnx::TensorProto::FLOAT);
  value->add_dims(1);
  value->add_float_data(2.5f);
  test.Node("Add", {"x", "filled"}, {"y"});
  test.Output("y");
  ImportOptions none;
  none.max_expanded_bytes = 40;  // No room for 24 bytes, which would be more than half.
  for (const ImportOptions& options : {ImportOptions(), none}) {
    const StatusOr<std::shared_ptr<Graph>> graph = test.Import(options);
    ASSERT_TRUE(graph.ok()) << graph.status().message();
    EXPECT_EQ(options.max_expanded_bytes == 40 ? 2u : 1u, (*graph)->nodes.size());
    const auto outputs =
        EvaluateGraph(**graph, {HostTensor::FromVector<float>(DType::kFloat32, {1}, {1})});
    ASSERT_TRUE(outputs.ok()) << outputs.status().message();
    for (int i = 0; i < 6; ++i) EXPECT_EQ(3.5f, (*outputs)[0].f32()[i]);
  }
}

void ExpectRefused(const TestOnnx& test) {
  const Status status = ImportBounded(test.Bytes()).status();
  EXPECT_EQ(StatusCode::kResourceExhausted, status.code()) << status.message();
  EXPECT_NE(status.message().find("bytes of constants that are made at import"), std::string::npos)
      << status.message();
}

TEST(ImportBudget, CountsInTheFileAreRefused) {
  TestOnnx range;
  range.Ints("start", {0});
  range.Ints("limit", {1 << 23});
  range.Ints("delta", {1});
  range.Node("Range", {"start", "limit", "delta"}, {"y"});
  range.Output("y", onnx::TensorProto::INT64);
  ExpectRefused(range);
  TestOnnx eye;
  eye.Input("x", {1 << 13, 1 << 13});
  eye.Node("EyeLike", {"x"}, {"y"});
  eye.Output("y");
  ExpectRefused(eye);
  TestOnnx mask;
  mask.Input("x", {1 << 13, 1 << 13});
  mask.Node("Trilu", {"x"}, {"y"});
  mask.Output("y");
  ExpectRefused(mask);
}

// Each node is small, and together they are not.
TEST(ImportBudget, ChainsOfConstants) {
  TestOnnx test;
  test.Input("x", {60000});
  test.Ints("dims", {60000});
  test.Node("ConstantOfShape", {"dims"}, {"t0"});
  for (int i = 0; i < 2000; ++i) {
    test.Node("Add", {"t" + std::to_string(i), "t0"}, {"t" + std::to_string(i + 1)});
  }
  test.Node("Add", {"x", "t2000"}, {"y"});
  test.Output("y");
  const StatusOr<std::shared_ptr<Graph>> graph = ImportBounded(test.Bytes());
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_LT(ConstantBytes(**graph), 17 * kMiB);
  EXPECT_GT((*graph)->nodes.size(), 1000u);
}

TEST(ImportBudget, CastsThatRoundAConstant) {
  TestOnnx test;
  test.Input("x", {60000});
  test.Ints("dims", {60000});
  test.Node("ConstantOfShape", {"dims"}, {"t0"});
  for (int i = 0; i < 2000; ++i) {
    TestOnnx::SetInt(test.Node("Cast", {"t" + std::to_string(i)}, {"t" + std::to_string(i + 1)}),
                     "to", onnx::TensorProto::FLOAT16);
  }
  test.Node("Add", {"x", "t2000"}, {"y"});
  test.Output("y");
  ExpectRefused(test);
}

TEST(ImportBudget, TensorFlowsRepeatedValues) {
  tf::GraphDef def;
  const auto add = [&](const char* op, const char* name) {
    tf::NodeDef* node = def.add_node();
    node->set_op(op);
    node->set_name(name);
    return node;
  };
  auto& input = *add("Placeholder", "x")->mutable_attr();
  input["dtype"].set_type(tf::DT_FLOAT);
  input["shape"].mutable_shape()->add_dim()->set_size(1);
  tf::TensorProto* splat = (*add("Const", "splat")->mutable_attr())["value"].mutable_tensor();
  splat->set_dtype(tf::DT_FLOAT);
  splat->mutable_tensor_shape()->add_dim()->set_size(int64_t{1} << 29);
  splat->add_float_val(0.25f);
  tf::NodeDef* sum = add("Add", "y");
  sum->add_input("x");
  sum->add_input("splat");
  StatusOr<std::shared_ptr<Graph>> graph = ImportBounded(def.SerializeAsString());
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  ASSERT_EQ(2u, (*graph)->nodes.size());
  EXPECT_EQ("Fill", (*graph)->nodes[0].type);
  // The sizes are small enough to look at.
  ImportOptions options;
  options.max_expanded_bytes = 40;
  splat->mutable_tensor_shape()->mutable_dim(0)->set_size(6);
  graph = ImportModelBytes("small", AsBytes(def.SerializeAsString()), {}, options);
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  ASSERT_EQ(2u, (*graph)->nodes.size());
  const auto outputs =
      EvaluateGraph(**graph, {HostTensor::FromVector<float>(DType::kFloat32, {1}, {1})});
  ASSERT_TRUE(outputs.ok());
  for (int i = 0; i < 6; ++i) EXPECT_EQ(1.25f, (*outputs)[0].f32()[i]);
}

}  // namespace
}  // namespace mace
