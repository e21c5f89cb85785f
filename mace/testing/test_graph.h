// A graph of one input in a few lines, and its output by the references.
#ifndef MACE_TESTING_TEST_GRAPH_H_
#define MACE_TESTING_TEST_GRAPH_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mace/plan/bound_graph.h"
#include "mace/testing/op_tester.h"

namespace mace {

struct TestGraph {
  Graph graph;

  // With one input, x.
  explicit TestGraph(Shape x) {
    IoInfo input;
    input.name = "x";
    input.value = graph.AddValue("x");
    input.declared_dims = x.dims();
    graph.value(input.value).info = {DType::kFloat32, std::move(x)};
    graph.value(input.value).shape_known = true;
    graph.inputs = {input};
  }

  ValueId Constant(const char* name, Shape shape) {
    return graph.AddConstant(name, RandomTensor(std::move(shape), 7));
  }

  using Attributes = std::vector<std::pair<std::string, Attribute>>;
  // Each adds a node of one output, which is given, and infers its shape; Append names the node
  // after its type.
  ValueId Append(const std::string& type, std::vector<ValueId> inputs,
                 const Attributes& attributes = {}) {
    const std::string name = type + std::to_string(graph.nodes.size());
    return Add(type, name, std::move(inputs), attributes);
  }
  ValueId Add(const std::string& type, const std::string& name, std::vector<ValueId> inputs,
              const Attributes& attributes = {}) {
    Node node;
    node.type = type;
    node.name = name;
    node.inputs = std::move(inputs);
    for (const auto& [key, value] : attributes) node.attributes.Set(key, value);
    node.outputs = {graph.AddValue(node.name + ":0")};
    graph.nodes.push_back(node);
    Infer();
    return last();
  }

  // The value that the last node makes.
  ValueId last() const { return graph.nodes.back().outputs[0]; }

  ValueId x() const { return graph.inputs[0].value; }

  // A convolution of stride 1 by random weights, whose result has the extents of its input.
  ValueId AddConvolution(const std::string& name, ValueId input, const Shape& filter,
                         uint32_t seed) {
    const ValueId weights =
        graph.AddConstant(name + "/filter", RandomTensor(filter, seed, -0.5f, 0.5f));
    return Add("Conv2D", name, {input, weights},
               {{"strides", std::vector<int64_t>{1, 1}}, {"padding", int64_t{1}}});
  }

  // The extents of x as they are declared; by default those of its shape.
  void DeclareInput(std::vector<int64_t> dims) { graph.inputs[0].declared_dims = std::move(dims); }

  void Output(std::string name, ValueId value) {
    IoInfo output;
    output.name = std::move(name);
    output.value = value;
    graph.outputs.push_back(output);
  }

  // Infers the shapes of all nodes, in order.
  void Infer() {
    for (const Node& node : graph.nodes) {
      StatusOr<std::shared_ptr<const Op>> op = OpOf(node);
      ASSERT_TRUE(op.ok()) << op.status().message();
      std::vector<TensorInfo> infos;
      const Status status = (*op)->Infer(MakeOpInputs(graph, node), &infos);
      ASSERT_TRUE(status.ok()) << status.message();
      graph.value(node.outputs[0]).info = infos[0];
      graph.value(node.outputs[0]).shape_known = true;
    }
  }

  std::vector<std::string> Types() const {
    std::vector<std::string> types;
    for (const Node& node : graph.nodes) types.push_back(node.type);
    return types;
  }
};

// The graph's only output for a given x, by the references.
inline HostTensor Evaluate(const Graph& graph) {
  std::vector<HostTensor> values(graph.values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    if (graph.values[i].constant.has_value()) values[i] = *graph.values[i].constant;
  }
  const size_t x = static_cast<size_t>(graph.inputs[0].value);
  values[x] = RandomTensor(graph.values[x].info.shape, 5);
  for (const Node& node : graph.nodes) {
    StatusOr<std::shared_ptr<const Op>> op = OpOf(node);
    EXPECT_TRUE(op.ok()) << op.status().message();
    std::vector<HostTensor> inputs;
    for (ValueId id : node.inputs) {
      inputs.push_back(id == kNoValue ? HostTensor() : values[static_cast<size_t>(id)]);
    }
    std::vector<HostTensor> outputs = {*HostTensor::Allocate(graph.value(node.outputs[0]).info)};
    const Status status = (*op)->Reference(inputs, &outputs);
    EXPECT_TRUE(status.ok()) << status.message();
    values[static_cast<size_t>(node.outputs[0])] = outputs[0];
  }
  return values[static_cast<size_t>(graph.outputs[0].value)];
}

}  // namespace mace

#endif  // MACE_TESTING_TEST_GRAPH_H_
