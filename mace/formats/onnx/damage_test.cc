// Damaged ONNX files: whatever a byte says, there is a graph that runs or a Status, soon and in
// little memory.
#include <gtest/gtest.h>

#include <random>

#include "mace/testing/formats/damaged_model.h"
#include "mace/testing/formats/test_onnx.h"

namespace mace {
namespace {

std::string GoodModel() {
  TestOnnx test(13);
  test.Input("x", {1, 4, 8, 8});
  test.Floats("w", {6, 2, 3, 3}, std::vector<float>(108, 0.5f));
  onnx::NodeProto* conv = test.Node("Conv", {"x", "w"}, {"a"});
  TestOnnx::SetInt(conv, "group", 2);
  TestOnnx::SetInts(conv, "pads", {1, 1, 1, 1});
  TestOnnx::SetInts(test.Node("MaxPool", {"a"}, {"b"}), "kernel_shape", {2, 2});
  test.Floats("scales", {4}, {1, 1, 2, 2});
  test.Node("Resize", {"b", "", "scales"}, {"c"});
  test.Node("Shape", {"c"}, {"shape"});
  test.Ints("index", {1});
  test.Node("Gather", {"shape", "index"}, {"channels"});
  test.Ints("rest", {-1});
  TestOnnx::SetInt(test.Node("Concat", {"channels", "rest"}, {"dims"}), "axis", 0);
  test.Node("Reshape", {"c", "dims"}, {"d"});
  test.Ints("starts", {0});
  test.Ints("ends", {5});
  test.Node("Slice", {"d", "starts", "ends"}, {"e"});
  test.Node("Softmax", {"e"}, {"y"});
  test.Output("y");
  return test.Bytes();
}

// A function that a loop calls, a choice between two branches, and a sparse tensor.
std::string ModelWithInnerGraphs() {
  TestOnnx function(13);
  function.Input("a", {});
  TestOnnx::SetReference(function.Node("LeakyRelu", {"a"}, {"b"}), "alpha", "slope",
                         onnx::AttributeProto::FLOAT);
  function.Output("b");
  TestOnnx step(13);
  for (const char* input : {"i", "go", "v"}) step.Input(input, {});
  TestOnnx::SetFloat(step.Call("leaky", {"v"}, {"w"}), "slope", 0.5f);
  step.Output("go");
  step.Output("w");
  TestOnnx branch(13);
  branch.Node("Neg", {"z"}, {"n"});
  branch.Output("n");
  TestOnnx test(13);
  test.Function("leaky", function, {"slope"});
  test.Input("x", {3});
  test.Scalar("c", onnx::TensorProto::BOOL);
  test.Ints("m", {2});
  TestOnnx::SetGraph(test.Node("Loop", {"m", "", "x"}, {"z"}), "body", step);
  onnx::NodeProto* choice = test.Node("If", {"c"}, {"u"});
  TestOnnx::SetGraph(choice, "then_branch", branch);
  TestOnnx::SetGraph(choice, "else_branch", branch);
  onnx::SparseTensorProto* sparse = test.graph().add_sparse_initializer();
  *sparse->mutable_values() = *test.Floats("s", {1}, {2});
  *sparse->mutable_indices() = *test.Ints("", {1});
  test.graph().mutable_initializer()->DeleteSubrange(1, 2);
  sparse->add_dims(3);
  test.Node("Add", {"u", "s"}, {"y"});
  test.Output("y");
  return test.Bytes();
}

const DamagedModel kDamaged("test.onnx");

TEST(OnnxDamage, TheGoodModelsAreGood) {
  for (const std::string& bytes : {GoodModel(), ModelWithInnerGraphs()}) {
    const StatusOr<std::shared_ptr<Graph>> graph =
        ImportModelBytes("test.onnx", AsBytes(bytes), {}, {});
    ASSERT_TRUE(graph.ok()) << graph.status().message();
  }
}

TEST(OnnxDamage, EveryCut) {
  const std::string bytes = GoodModel();
  for (size_t size = 0; size < bytes.size(); ++size) kDamaged.Run(bytes.substr(0, size));
}

TEST(OnnxDamage, EveryByte) {
  // Many a changed byte leaves a model that runs: a name, a weight.
  EXPECT_GT(kDamaged.RunWithChangedBytes(GoodModel()), 100);
  EXPECT_GT(kDamaged.RunWithChangedBytes(ModelWithInnerGraphs()), 100);
}

TEST(OnnxDamage, ManyBytesAtOnce) {
  const std::string bytes = GoodModel();
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    std::string damaged = bytes;
    for (uint32_t k = 0; k < 1 + random() % 8; ++k) {
      damaged[random() % damaged.size()] = static_cast<char>(random());
    }
    kDamaged.Run(damaged);
  }
}

}  // namespace
}  // namespace mace
