#include "mace/formats/mace/export_quantized.h"

#include <gtest/gtest.h>

#include <cmath>

#include "mace/base/coding.h"
#include "mace/formats/import_model.h"
#include "mace/formats/mace/export.h"
#include "mace/formats/proto/mace.pb.h"
#include "mace/testing/formats/test_onnx.h"

namespace mace {
namespace {

constexpr int64_t kCount = 2048;

// Multiples of `scale` from `lowest` on, in a mixed order.
std::vector<float> Multiples(float scale, int lowest, int different) {
  std::vector<float> elements;
  for (int64_t i = 0; i < kCount; ++i) {
    elements.push_back(scale * static_cast<float>(lowest + (i * 7) % different));
  }
  return elements;
}

std::optional<QuantizedElements> Find(const std::vector<float>& elements) {
  const StatusOr<std::optional<QuantizedElements>> found =
      FindQuantizedElements(HostTensor::FromVector(DType::kFloat32, Shape({kCount}), elements));
  EXPECT_TRUE(found.ok());
  return found.ok() ? *found : std::nullopt;
}

TEST(ExportQuantizedTest, EachElementComesBackExactly) {
  struct Case {
    float scale;
    int lowest, different;
  };
  for (const Case& each : {Case{0.0123456f, -127, 255}, Case{3.7e-5f, -5, 256},
                           Case{0.1f, -255, 200}, Case{1.7f, 3, 17}, Case{2e-20f, -128, 256}}) {
    const std::vector<float> elements = Multiples(each.scale, each.lowest, each.different);
    const std::optional<QuantizedElements> found = Find(elements);
    ASSERT_TRUE(found.has_value()) << each.scale;
    for (size_t i = 0; i < elements.size(); ++i) {
      const double steps = found->values[i] - found->zero_point;
      ASSERT_EQ(static_cast<float>(found->scale * steps), elements[i]) << each.scale;
    }
  }
}

TEST(ExportQuantizedTest, OtherElementsStayFloats) {
  EXPECT_FALSE(Find(Multiples(0.01f, -128, 257)).has_value());  // Too many steps.
  EXPECT_FALSE(Find(Multiples(0, 0, 3)).has_value());           // No scale.
  std::vector<float> elements = Multiples(0.01f, -100, 200);
  elements[7] = std::nextafter(elements[7], 9.0f);
  EXPECT_FALSE(Find(elements).has_value());
  for (const float special : {INFINITY, NAN, -0.0f}) {
    elements = Multiples(0.25f, -100, 200);
    elements[7] = special;
    EXPECT_FALSE(Find(elements).has_value()) << special;
  }
}

// A product with 2048 weights of 8 bits.
TestOnnx Product(const std::vector<float>& weights) {
  TestOnnx model;
  model.Input("x", {1, 64});
  model.Floats("weights", {64, 32}, weights);
  model.Node("MatMul", {"x", "weights"}, {"y"});
  model.Output("y");
  return model;
}

TEST(ExportQuantizedTest, WeightsOfAProductTakeAByteEach) {
  const std::vector<float> weights = Multiples(0.03f, -127, 255);
  const StatusOr<std::shared_ptr<Graph>> graph = Product(weights).Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  const StatusOr<MaceExport> exported = ExportMace(**graph, {});
  ASSERT_TRUE(exported.ok()) << exported.status().message();
  EXPECT_EQ(exported->data.size(), static_cast<size_t>(kCount));
  wire::MultiNetDef file;
  ASSERT_TRUE(file.ParseFromString(exported->model));
  EXPECT_TRUE(file.net_def(0).tensors(0).quantized());
  EXPECT_EQ(file.net_def(0).tensors(0).data_type(), wire::DT_UINT8);
  const StatusOr<std::shared_ptr<Graph>> back =
      ImportModelBytes("back", AsBytes(exported->model), exported->data, {});
  ASSERT_TRUE(back.ok()) << back.status().message();
  const HostTensor& read = *(*back)->value((*back)->nodes[0].inputs[1]).constant;
  EXPECT_EQ(std::vector<float>(read.f32(), read.f32() + kCount), weights);
}

// A convolution keeps the scale of its filter, which kernels of integers need.
TEST(ExportQuantizedTest, AFilterKeepsItsScale) {
  const std::vector<float> weights = Multiples(0.03f, -127, 255);
  TestOnnx model;
  model.Input("x", {1, 64, 5, 5});
  model.Floats("filter", {32, 64, 1, 1}, weights);
  model.Node("Conv", {"x", "filter"}, {"y"});
  model.Output("y");
  const StatusOr<std::shared_ptr<Graph>> graph = model.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  const StatusOr<MaceExport> exported = ExportMace(**graph, {});
  ASSERT_TRUE(exported.ok()) << exported.status().message();
  const StatusOr<std::shared_ptr<Graph>> back =
      ImportModelBytes("back", AsBytes(exported->model), exported->data, {});
  ASSERT_TRUE(back.ok()) << back.status().message();
  size_t filters = 0;
  for (const Node& node : (*back)->nodes) {
    if (node.type != "Conv2D") continue;
    ++filters;
    EXPECT_FLOAT_EQ(static_cast<float>(node.attributes.GetFloat("filter_scale", 0)), 0.03f);
  }
  EXPECT_EQ(filters, 1u);
}

TEST(ExportQuantizedTest, UnevenWeightsAreFloats) {
  std::vector<float> weights = Multiples(0.03f, -127, 255);
  weights[0] = 0.0301f;
  const StatusOr<std::shared_ptr<Graph>> graph = Product(weights).Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  const StatusOr<MaceExport> exported = ExportMace(**graph, {});
  ASSERT_TRUE(exported.ok()) << exported.status().message();
  EXPECT_EQ(exported->data.size(), sizeof(float) * static_cast<size_t>(kCount));
}

}  // namespace
}  // namespace mace
