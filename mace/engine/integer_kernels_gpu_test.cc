// A small int8 model, run by integer kernels where the device has them, against the reference. Its
// scales are powers of two and its sums small, so that floats are exact and no answer may differ.
#include <gtest/gtest.h>

#include <cmath>

#include "mace/testing/compiled_graph.h"
#include "mace/testing/test_device.h"
#include "mace/testing/test_tensors.h"

namespace mace {
namespace {

class QuantizedModel {
 public:
  QuantizedModel() : graph_(std::make_shared<Graph>()) {
    graph_->note = "8-bit model";
    IoInfo input;
    input.name = "x";
    input.value = last_ = graph_->AddValue("x");
    input.declared_dims = std::vector<int64_t>{1, 9, 17, 3};
    graph_->value(last_).info = {DType::kFloat32, Shape({1, 9, 17, 3})};
    graph_->inputs = {input};
  }

  QuantizedModel& Round(double scale, double low) {
    Node node;
    node.type = "Unary";
    node.attributes.Set("function", std::string("round_to_int8"));
    node.attributes.Set("scale", scale);
    node.attributes.Set("low", low);
    return Add(std::move(node), {});
  }

  QuantizedModel& Convolve(const std::string& type, const Shape& filter) {
    constexpr float kScale = 1.0f / 64;
    Node node;
    node.type = type;
    node.attributes.Set("filter_scale", double{kScale});
    node.attributes.Set("activation", std::string("RELU"));
    HostTensor steps = RandomTensor(filter, static_cast<uint32_t>(filter.elements()), -128, 128);
    for (int64_t i = 0; i < filter.elements(); ++i) {
      steps.f32()[i] = std::floor(steps.f32()[i]) * kScale;
    }
    return Add(std::move(node), std::move(steps));
  }

  QuantizedModel& Apply(const std::string& function) {
    Node node;
    node.type = "Unary";
    node.attributes.Set("function", function);
    return Add(std::move(node), {});
  }

  std::shared_ptr<Graph> Build() {
    IoInfo output;
    output.name = "y";
    output.value = last_;
    graph_->outputs = {output};
    return graph_;
  }

 private:
  QuantizedModel& Add(Node node, HostTensor weights) {
    const std::string name = std::to_string(graph_->nodes.size());
    node.name = "node" + name;
    node.inputs = {last_};
    if (weights.has_data() && weights.dtype() != DType::kInvalid) {
      node.inputs.push_back(graph_->AddConstant("filter" + name, std::move(weights)));
    }
    node.outputs = {last_ = graph_->AddValue("value" + name)};
    graph_->nodes.push_back(std::move(node));
    return *this;
  }

  std::shared_ptr<Graph> graph_;
  ValueId last_ = kNoValue;
};

std::shared_ptr<Graph> MakeModel() {
  QuantizedModel model;
  model.Round(1.0 / 128, -100).Convolve("Conv2D", {8, 3, 3, 3}).Round(1.0 / 16, 0);
  model.Convolve("DepthwiseConv2d", {1, 8, 3, 3}).Round(1.0 / 4, -3);
  model.Convolve("Conv2D", {21, 8, 1, 1}).Round(1.0 / 2, 0);
  // An op without an int8 kernel reads floats, so the last convolution writes floats.
  return model.Apply("square").Build();
}

using Tuning = CompileOptions::Tuning;

HostTensor AnswerOn(const std::string& device, Tuning tuning, std::string* note) {
  CompileOptions options;
  options.device = device;
  options.tuning = tuning;
  const CompiledModel compiled = CompileOrFail(MakeModel(), options);
  *note = compiled.note();
  StatusOr<std::vector<HostTensor>> outputs =
      RunOn(compiled, {RandomTensor({1, 9, 17, 3}, 5, -1.5f, 1.5f)});
  EXPECT_TRUE(outputs.ok()) << outputs.status().message();
  return outputs.ok() ? (*outputs)[0] : HostTensor();
}

void ExpectTheReference(Tuning tuning, std::string* note) {
  std::string reference_note;
  const HostTensor expected = AnswerOn("cpu", Tuning::kNone, &reference_note);
  EXPECT_EQ(reference_note, "8-bit model");
  const HostTensor found = AnswerOn("gpu", tuning, note);
  ASSERT_EQ(expected.shape(), found.shape());
  float largest = 0;
  for (int64_t i = 0; i < expected.shape().elements(); ++i) {
    ASSERT_EQ(expected.f32()[i], found.f32()[i]) << "element " << i;
    largest = std::max(largest, found.f32()[i]);
  }
  EXPECT_GT(largest, 0);
}

TEST(IntegerKernels, GiveTheReferencesAnswer) {
  const StatusOr<const DeviceInfo*> device = TestDeviceInfo();
  ASSERT_TRUE(device.ok()) << device.status().message();
  std::string note;
  ExpectTheReference(Tuning::kNone, &note);
  const bool integers =
      (*device)->byte_products != ByteProducts::kNone && (*device)->kind == DeviceKind::kCpu;
  EXPECT_EQ(note, integers ? "8-bit model: 2 of 3 convolutions by integer kernels, the rest in "
                             "floats, each result rounded"
                           : "8-bit model");
}

TEST(IntegerKernels, GiveItAfterATunersChoiceToo) {
  std::string note;
  ExpectTheReference(Tuning::kFast, &note);
}

}  // namespace
}  // namespace mace
