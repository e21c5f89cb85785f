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

const DamagedModel kDamaged("test.onnx");

TEST(OnnxDamage, TheGoodModelIsGood) {
  const std::string bytes = GoodModel();
  const StatusOr<std::shared_ptr<Graph>> graph =
      ImportModelBytes("test.onnx", AsBytes(bytes), {}, {});
  ASSERT_TRUE(graph.ok()) << graph.status().message();
}

TEST(OnnxDamage, EveryCut) {
  const std::string bytes = GoodModel();
  for (size_t size = 0; size < bytes.size(); ++size) kDamaged.Run(bytes.substr(0, size));
}

TEST(OnnxDamage, EveryByte) {
  // Many a changed byte leaves a model that runs: a name, a weight.
  EXPECT_GT(kDamaged.RunWithChangedBytes(GoodModel()), 100);
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
