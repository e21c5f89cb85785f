// A convolutional model, made in code, for tests of what plans for several batches share:
// x [batch, 12, 12, 16] -> Conv2D 3x3 -> BatchNorm -> DepthwiseConv2d 3x3 -> Conv2D 1x1 -> y
// [batch, 12, 12, 24], with random weights.
#ifndef MACE_TESTING_CONVOLUTION_MODEL_H_
#define MACE_TESTING_CONVOLUTION_MODEL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mace/graph/graph.h"
#include "mace/testing/test_tensors.h"

namespace mace {

// Builds graphs of nodes with one output each.
class ModelInCode {
 public:
  // The one input, whose first extent is the batch.
  ValueId Input(const Shape& shape) {
    const ValueId x = graph_->AddValue("x");
    graph_->value(x).info = {DType::kFloat32, shape};
    graph_->value(x).shape_known = true;
    graph_->inputs.push_back(EngineIo("x", x));
    graph_->inputs.back().declared_dims = shape.dims();
    return x;
  }
  ValueId Constant(HostTensor tensor) {
    return graph_->AddConstant("constant " + std::to_string(graph_->values.size()),
                               std::move(tensor));
  }
  ValueId Random(Shape shape, float low = -0.5f, float high = 0.5f) {
    const auto seed = static_cast<uint32_t>(graph_->values.size() + 1);
    return Constant(RandomTensor(std::move(shape), seed, low, high));
  }
  ValueId Add(const std::string& type, std::vector<ValueId> inputs,
              const std::vector<std::pair<std::string, Attribute>>& attributes = {}) {
    Node node;
    node.name = type + " " + std::to_string(graph_->nodes.size());
    node.type = type;
    node.inputs = std::move(inputs);
    for (const auto& [name, value] : attributes) node.attributes.Set(name, value);
    node.outputs = {graph_->AddValue(node.name)};
    graph_->nodes.push_back(node);
    return node.outputs[0];
  }
  ValueId Convolution(const std::string& type, ValueId x, const Shape& filter, int64_t channels) {
    constexpr int64_t kSame = 1;
    return Add(type, {x, Random(filter), Random(Shape({channels}))},
               {{"strides", std::vector<int64_t>{1, 1}}, {"padding", kSame}});
  }
  std::shared_ptr<const Graph> Finish(ValueId output) {
    graph_->outputs.push_back(EngineIo("y", output));
    graph_->derived = std::make_shared<DerivedConstants>();
    return graph_;
  }

 private:
  static IoInfo EngineIo(const std::string& name, ValueId value) {
    IoInfo io;
    io.name = name;
    io.value = value;
    return io;
  }

  const std::shared_ptr<Graph> graph_ = std::make_shared<Graph>();
};

inline Shape ConvolutionInput(int64_t batch) { return Shape({batch, 12, 12, 16}); }

inline std::shared_ptr<const Graph> MakeConvolutionModel() {
  ModelInCode model;
  ValueId x = model.Input(ConvolutionInput(1));
  x = model.Convolution("Conv2D", x, Shape({32, 16, 3, 3}), 32);
  x = model.Add("BatchNorm", {x, model.Random(Shape({32}), 0.5f, 1.5f), model.Random(Shape({32}))});
  x = model.Convolution("DepthwiseConv2d", x, Shape({1, 32, 3, 3}), 32);
  x = model.Convolution("Conv2D", x, Shape({24, 32, 1, 1}), 24);
  return model.Finish(x);
}

// A model whose filter depends on the batch: x [batch, 6, 6, 8] -> Conv2D with filter * Shape(x) ->
// y [batch, 6, 6, 8].
inline std::shared_ptr<const Graph> MakeModelWithFilterOfShape() {
  constexpr int64_t kProduct = 2;
  ModelInCode model;
  const ValueId x = model.Input(Shape({1, 6, 6, 8}));
  const ValueId extents =
      model.Add("Cast", {model.Add("Shape", {x})}, {{"dtype", std::string("float32")}});
  const ValueId filter =
      model.Add("Eltwise", {model.Random(Shape({8, 8, 1, 4})), extents}, {{"type", kProduct}});
  return model.Finish(model.Add(
      "Conv2D", {x, filter}, {{"strides", std::vector<int64_t>{1, 1}}, {"padding", int64_t{1}}}));
}

}  // namespace mace

#endif  // MACE_TESTING_CONVOLUTION_MODEL_H_
