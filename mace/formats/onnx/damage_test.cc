// Damaged ONNX files: whatever a byte says, there is a graph that runs or a Status, soon and in
// little memory.
#include <gtest/gtest.h>

#include <random>

#include "mace/testing/formats/test_evaluate.h"
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

// True where the damaged model was imported and run.
bool Import(const std::string& bytes) {
  ImportOptions options;
  options.max_expanded_bytes = size_t{1} << 24;
  // Either way is right; a crash is not.
  const StatusOr<std::shared_ptr<Graph>> graph =
      ImportModelBytes("test.onnx", AsBytes(bytes), {}, options);
  EXPECT_TRUE(graph.ok() || !graph.status().message().empty());
  if (!graph.ok()) return false;
  const StatusOr<bool> run = RunDamaged(**graph);
  EXPECT_TRUE(run.ok() || !run.status().message().empty());
  return run.ok() && *run;
}

TEST(OnnxDamage, TheGoodModelIsGood) {
  const std::string bytes = GoodModel();
  const StatusOr<std::shared_ptr<Graph>> graph =
      ImportModelBytes("test.onnx", AsBytes(bytes), {}, {});
  ASSERT_TRUE(graph.ok()) << graph.status().message();
}

TEST(OnnxDamage, EveryCut) {
  const std::string bytes = GoodModel();
  for (size_t size = 0; size < bytes.size(); ++size) Import(bytes.substr(0, size));
}

TEST(OnnxDamage, EveryByte) {
  const std::string bytes = GoodModel();
  int run = 0;
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (const int flip : {0x01, 0x80, 0xff}) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ flip);
      run += Import(damaged) ? 1 : 0;
    }
  }
  EXPECT_GT(run, 100);  // Many a changed byte leaves a model that runs: a name, a weight.
}

TEST(OnnxDamage, ManyBytesAtOnce) {
  const std::string bytes = GoodModel();
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    std::string damaged = bytes;
    for (uint32_t k = 0; k < 1 + random() % 8; ++k) {
      damaged[random() % damaged.size()] = static_cast<char>(random());
    }
    Import(damaged);
  }
}

}  // namespace
}  // namespace mace
