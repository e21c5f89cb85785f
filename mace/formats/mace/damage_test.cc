// Faults that a MACE file can have: each gives a Status that names the place, never a crash.
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "mace/base/atomic_file.h"
#include "mace/testing/formats/damaged_model.h"
#include "mace/testing/formats/test_net.h"
#include "mace/testing/temporary_folder.h"

namespace mace {
namespace {

// x [1, 3] + w [3] = a, then y = a.
TestNet GoodNet() {
  TestNet net(1);
  net.Input("x", {1, 3});
  net.Output("y", {1, 3});
  net.Tensor<float>("w", {3}, wire::DT_FLOAT, {1, 2, 3});
  TestNet::Int(net.Op("Eltwise", {"x", "w"}, {"a"}), "type", 0);
  net.Op("Identity", {"a"}, {"y"});
  return net;
}

void ExpectRefused(const TestNet& net, StatusCode code, const std::string& part,
                   const ImportOptions& options = {}) {
  const StatusOr<std::shared_ptr<Graph>> graph = net.Import(options);
  ASSERT_FALSE(graph.ok()) << "imported, expected: " << part;
  EXPECT_EQ(graph.status().code(), code) << graph.status().message();
  EXPECT_NE(graph.status().message().find(part), std::string::npos) << graph.status().message();
  EXPECT_NE(graph.status().message().find("test.pb"), std::string::npos)
      << graph.status().message();
}

TEST(MaceDamage, TheGoodNetIsGood) {
  const StatusOr<std::shared_ptr<Graph>> graph = GoodNet().Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ(NodeTypes(**graph), "Eltwise Identity");
}

TEST(MaceDamage, WeightsTooShort) {
  TestNet net = GoodNet();
  net.data().resize(11);
  ExpectRefused(net, StatusCode::kCorruption, "tensor 'w'");
}

TEST(MaceDamage, OffsetPastTheEnd) {
  for (int64_t offset : {int64_t{1}, int64_t{12}, int64_t{-1}, INT64_MAX, INT64_MIN}) {
    TestNet net = GoodNet();
    net.net().mutable_tensors(0)->set_offset(offset);
    ExpectRefused(net, StatusCode::kCorruption, "tensor 'w'");
  }
}

TEST(MaceDamage, WindowOutsideOfTheFile) {
  for (const auto& [offset, size] : std::vector<std::pair<int, int>>{
           {13, 0}, {-1, 0}, {0, 13}, {0, -1}, {INT32_MAX, INT32_MAX}}) {
    TestNet net = GoodNet();
    net.net().set_data_offset(offset);
    net.net().set_data_size(size);
    ExpectRefused(net, StatusCode::kCorruption, "tensor 'w'");
  }
}

TEST(MaceDamage, SizeThatIsNotTheShapes) {
  TestNet net = GoodNet();
  net.net().mutable_tensors(0)->set_data_size(4);
  ExpectRefused(net, StatusCode::kCorruption, "found data_size 4");
}

TEST(MaceDamage, OverflowingShapes) {
  for (const std::vector<int64_t>& dims :
       std::vector<std::vector<int64_t>>{{INT64_MAX, 2},
                                         {int64_t{1} << 32, int64_t{1} << 32},
                                         {-3},
                                         {0, INT64_MAX, INT64_MAX},
                                         {1, 1, 1, 1, 1, 1, 1, 1, 1}}) {
    TestNet net = GoodNet();
    net.net().mutable_tensors(0)->clear_dims();
    for (int64_t extent : dims) net.net().mutable_tensors(0)->add_dims(extent);
    ExpectRefused(net, StatusCode::kInvalidArgument, "tensor 'w'");
  }
  TestNet net = GoodNet();
  for (int i = 0; i < 2; ++i) net.net().mutable_input_info(0)->set_dims(i, INT32_MAX);
  ExpectRefused(net, StatusCode::kInvalidArgument, "input 'x'");
}

TEST(MaceDamage, ElementTypeThatIsNone) {
  TestNet net = GoodNet();
  net.net().mutable_tensors(0)->set_data_type(wire::DT_INT16);
  ExpectRefused(net, StatusCode::kUnsupported, "element type 7");
}

TEST(MaceDamage, MissingInput) {
  TestNet net = GoodNet();
  net.net().mutable_op(0)->set_input(1, "nobody");
  ExpectRefused(net, StatusCode::kInvalidArgument, "node 'a' (Eltwise): input 'nobody'");
}

TEST(MaceDamage, MissingOutput) {
  TestNet net = GoodNet();
  net.model().set_output_tensor(0, "nobody");
  ExpectRefused(net, StatusCode::kInvalidArgument, "output 'nobody'");
}

TEST(MaceDamage, NoOutput) {
  TestNet net = GoodNet();
  net.model().clear_output_tensor();
  net.net().clear_output_info();
  ExpectRefused(net, StatusCode::kInvalidArgument, "no output");
}

TEST(MaceDamage, Cycle) {
  TestNet net = GoodNet();
  net.net().mutable_op(0)->set_input(1, "y");
  ExpectRefused(net, StatusCode::kInvalidArgument, "expected no cycle");
}

TEST(MaceDamage, NodeThatFeedsItself) {
  TestNet net = GoodNet();
  net.net().mutable_op(1)->set_input(0, "y");
  ExpectRefused(net, StatusCode::kInvalidArgument, "node 'y' (Identity): expected no cycle");
}

TEST(MaceDamage, DuplicateNames) {
  TestNet tensors = GoodNet();
  *tensors.net().add_tensors() = tensors.net().tensors(0);
  ExpectRefused(tensors, StatusCode::kInvalidArgument, "two tensors are named 'w'");
  TestNet nodes = GoodNet();
  nodes.net().mutable_op(1)->set_name("a");
  ExpectRefused(nodes, StatusCode::kInvalidArgument, "two nodes are named 'a'");
  TestNet outputs = GoodNet();
  outputs.Op("Identity", {"x"}, {"w"});
  ExpectRefused(outputs, StatusCode::kInvalidArgument, "two tensors are named 'w'");
  TestNet inputs = GoodNet();
  *inputs.net().add_input_info() = inputs.net().input_info(0);
  ExpectRefused(inputs, StatusCode::kInvalidArgument, "two inputs are named 'x'");
}

TEST(MaceDamage, UnknownOp) {
  TestNet net = GoodNet();
  net.net().mutable_op(1)->set_type("Teleport");
  ExpectRefused(net, StatusCode::kUnsupported, "node 'y' (Teleport): unknown op");
}

TEST(MaceDamage, ShapesThatDoNotFit) {
  TestNet net = GoodNet();
  net.net().mutable_input_info(0)->set_dims(1, 4);
  ExpectRefused(net, StatusCode::kInvalidArgument, "node 'a' (Eltwise)");
}

TEST(MaceDamage, OpWithoutOutputs) {
  TestNet net = GoodNet();
  net.net().mutable_op(1)->clear_output();
  ExpectRefused(net, StatusCode::kInvalidArgument, "node 'y' (Identity): expected an output");
}

TEST(MaceDamage, DynamicShapeBehindTheBatch) {
  TestNet net = GoodNet();
  net.net().mutable_input_info(0)->set_dims(1, -1);
  ExpectRefused(net, StatusCode::kInvalidArgument, "input 'x': the model leaves its shape dynamic");
}

TEST(MaceDamage, ScalesOfQuantizedModels) {
  for (float scale : {0.0f, -1.0f, std::numeric_limits<float>::infinity(),
                      std::numeric_limits<float>::quiet_NaN()}) {
    TestNet net = GoodNet();
    TestNet::SetInt(net.net().add_arg(), "quantize_flag", 1);
    net.net().mutable_op(0)->add_quantize_info()->set_scale(scale);
    ExpectRefused(net, StatusCode::kInvalidArgument, "quantize_info: expected a scale above 0");
  }
}

TEST(MaceDamage, MemoryLimits) {
  TestNet net = GoodNet();
  net.net().mutable_tensors(0)->set_data_type(wire::DT_UINT8);
  net.net().mutable_tensors(0)->set_quantized(true);
  ImportOptions options;
  options.max_expanded_bytes = 11;
  ExpectRefused(net, StatusCode::kResourceExhausted, "expected at most 11 bytes of 11", options);
  options = ImportOptions();
  options.max_nodes = 1;
  ExpectRefused(net, StatusCode::kInvalidArgument, "expected at most 1 ops", options);
  options = ImportOptions();
  options.max_model_bytes = 10;
  ExpectRefused(net, StatusCode::kInvalidArgument, "expected at most 10 bytes", options);
}

// The lists of names at the end only repeat what is in the net: a cut between them leaves a whole
// model. Everything else is an error.
TEST(MaceDamage, EveryTruncation) {
  TestNet net = GoodNet();
  const std::string whole = net.model().SerializeAsString();
  const std::string expected = DumpGraph(**net.Import());
  int whole_models = 0;
  for (size_t size = 0; size < whole.size(); ++size) {
    const StatusOr<std::shared_ptr<Graph>> graph =
        ImportModelBytes("cut.pb", AsBytes(whole.substr(0, size)), AsBytes(net.data()), {});
    if (!graph.ok()) continue;
    ++whole_models;
    EXPECT_EQ(DumpGraph(**graph), expected) << size << " of " << whole.size() << " bytes";
  }
  EXPECT_EQ(whole_models, 2);  // Without output_tensor, and without input_tensor too.
}

// Nothing to expect but to come back, also from a run of what is imported.
TEST(MaceDamage, ChangedBytes) {
  TestNet net = GoodNet();
  const DamagedModel model{"changed.pb", AsBytes(net.data())};
  EXPECT_GT(model.RunWithChangedBytes(net.model().SerializeAsString()), 20);
}

TEST(ModelFiles, RandomBytes) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 200 + 1, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    const StatusOr<std::shared_ptr<Graph>> graph =
        ImportModelBytes("random.pb", AsBytes(bytes), {}, {});
    ASSERT_FALSE(graph.ok()) << "round " << round;
  }
}

TEST(ModelFiles, NoneEmptyAndNoWeights) {
  const TemporaryFolder folder;
  const std::string path = folder.At("model.v1.pb");
  EXPECT_EQ(ImportModel(path, {}).status().code(), StatusCode::kNotFound);
  ASSERT_TRUE(WriteFileAtomic(path, Bytes()).ok());
  EXPECT_NE(ImportModel(path, {}).status().message().find(path + ": the model is empty"),
            std::string::npos);
  TestNet net = GoodNet();
  ASSERT_TRUE(WriteFileAtomic(path, AsBytes(net.model().SerializeAsString())).ok());
  const std::string weights = folder.At("model.v1.data");
  const Status missing = ImportModel(path, {}).status();
  EXPECT_EQ(missing.code(), StatusCode::kNotFound);
  EXPECT_NE(missing.message().find(weights), std::string::npos) << missing.message();
  ASSERT_TRUE(WriteFileAtomic(weights, AsBytes(net.data())).ok());
  EXPECT_TRUE(ImportModel(path, {}).ok());
  ImportOptions options;
  options.data_path = path;  // Any file is weights, if it is long enough.
  EXPECT_TRUE(ImportModel(path, options).ok());
}

}  // namespace
}  // namespace mace
