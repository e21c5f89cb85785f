// What the tests of the passes share: graphs in a few lines, and a run of them by the ops'
// references.
//
// Thread contract: thread-compatible.
#ifndef MACE_TESTING_PASSES_PASS_TESTER_H_
#define MACE_TESTING_PASSES_PASS_TESTER_H_

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "mace/graph/graph.h"
#include "mace/ops/op.h"
#include "mace/passes/infer_shapes.h"

namespace mace {

inline HostTensor RandomFloats(const Shape& shape, uint32_t seed, float low = -1, float high = 1) {
  HostTensor tensor = *HostTensor::Allocate({DType::kFloat32, shape});
  std::mt19937 generator(seed);
  std::uniform_real_distribution<float> number(low, high);
  for (int64_t i = 0; i < shape.elements(); ++i) tensor.f32()[i] = number(generator);
  return tensor;
}

// Builds a graph node by node; each call gives the value that it adds.
class TestGraphBuilder {
 public:
  ValueId Input(const Shape& shape) {
    const ValueId id = graph_.AddValue("input" + std::to_string(graph_.inputs.size()));
    IoInfo io;
    io.name = graph_.value(id).name;
    io.value = id;
    io.declared_dims = shape.dims();
    graph_.inputs.push_back(io);
    return id;
  }
  ValueId Constant(HostTensor tensor) {
    return graph_.AddConstant("constant" + std::to_string(graph_.values.size()), std::move(tensor));
  }
  ValueId Constant(const Shape& shape, float low = -1, float high = 1) {
    return Constant(RandomFloats(shape, static_cast<uint32_t>(graph_.values.size()), low, high));
  }
  using Attributes = std::vector<std::pair<std::string, Attribute>>;
  ValueId Add(const std::string& type, std::vector<ValueId> inputs, Attributes attributes = {}) {
    return AddMany(type, std::move(inputs), std::move(attributes), 1)[0];
  }
  std::vector<ValueId> AddMany(const std::string& type, std::vector<ValueId> inputs,
                               Attributes attributes, int outputs) {
    Node node;
    node.name = type + "_" + std::to_string(graph_.nodes.size());
    node.type = type;
    node.inputs = std::move(inputs);
    for (auto& [name, value] : attributes) node.attributes.Set(name, std::move(value));
    for (int i = 0; i < outputs; ++i) {
      node.outputs.push_back(graph_.AddValue(node.name + ":" + std::to_string(i)));
    }
    graph_.nodes.push_back(node);
    return node.outputs;
  }
  void Output(ValueId id) {
    IoInfo io;
    io.name = "output" + std::to_string(graph_.outputs.size());
    io.value = id;
    graph_.outputs.push_back(io);
  }
  // The graph with its shapes. Its nodes must not fold into constants.
  Graph Build() {
    const Status valid = ValidateGraph(graph_);
    EXPECT_TRUE(valid.ok()) << valid.message();
    const Status inferred = InferShapes(&graph_, {});
    EXPECT_TRUE(inferred.ok()) << inferred.message();
    return graph_;
  }
  Graph& raw() { return graph_; }

 private:
  Graph graph_;
};

// The values of one run, by their ids.
inline Status RunNode(const Graph& graph, const Node& node, std::vector<HostTensor>* values) {
  MACE_ASSIGN_OR_RETURN(const std::shared_ptr<const Op> op, OpOf(node));
  std::vector<OpInput> inputs;
  std::vector<HostTensor> arguments;
  for (ValueId id : node.inputs) {
    OpInput input;
    input.present = id != kNoValue;
    arguments.emplace_back();
    if (input.present) {
      arguments.back() = (*values)[id];
      input.info = arguments.back().info();
      if (graph.IsConstant(id)) input.constant = &*graph.value(id).constant;
    }
    inputs.push_back(input);
  }
  std::vector<TensorInfo> infos;
  MACE_RETURN_IF_ERROR(op->Infer(inputs, &infos).WithPrefix(node.name));
  std::vector<HostTensor> results;
  for (const TensorInfo& info : infos) results.push_back(*HostTensor::Allocate(info));
  MACE_RETURN_IF_ERROR(op->Reference(arguments, &results).WithPrefix(node.name));
  for (size_t i = 0; i < results.size(); ++i) (*values)[node.outputs[i]] = results[i];
  return Status::Ok();
}

// The graph's outputs for seeded inputs; empty, and a failed test, where a node refuses.
inline std::vector<HostTensor> RunReference(const Graph& graph, uint32_t seed = 7) {
  std::vector<HostTensor> values(graph.values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const auto& constant = graph.values[i].constant;
    if (!constant) continue;
    values[i] = *constant->ToReferenceOperand();
  }
  for (const IoInfo& io : graph.inputs) {
    values[io.value] = RandomFloats(graph.value(io.value).info.shape, seed++);
  }
  for (const Node& node : graph.nodes) {
    const Status status = RunNode(graph, node, &values);
    EXPECT_TRUE(status.ok()) << status.message();
    if (!status.ok()) return {};
  }
  std::vector<HostTensor> outputs;
  for (const IoInfo& io : graph.outputs) outputs.push_back(values[io.value]);
  return outputs;
}

inline void ExpectSameResults(const std::vector<HostTensor>& expected,
                              const std::vector<HostTensor>& found, double tolerance = 1e-5) {
  ASSERT_FALSE(expected.empty());
  ASSERT_EQ(expected.size(), found.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(expected[i].shape().ToString(), found[i].shape().ToString()) << "output " << i;
    const HostTensor a = *expected[i].ConvertTo(DType::kFloat32);
    const HostTensor b = *found[i].ConvertTo(DType::kFloat32);
    double largest = 1;
    for (int64_t k = 0; k < a.shape().elements(); ++k) {
      largest = std::fmax(largest, std::fabs(a.f32()[k]));
    }
    for (int64_t k = 0; k < a.shape().elements(); ++k) {
      ASSERT_NEAR(a.f32()[k], b.f32()[k], tolerance * largest) << "output " << i << " at " << k;
    }
  }
}

// Runs the pass and expects a valid graph of the same meaning.
inline Graph ExpectKeepsMeaning(const Graph& before, Status (*pass)(Graph*)) {
  Graph after = before;
  const Status status = pass(&after);
  EXPECT_TRUE(status.ok()) << status.message();
  const Status valid = ValidateGraph(after);
  EXPECT_TRUE(valid.ok()) << valid.message() << "\n" << DumpGraph(after);
  if (valid.ok()) ExpectSameResults(RunReference(before), RunReference(after));
  return after;
}

inline int CountNodes(const Graph& graph, const std::string& type) {
  int count = 0;
  for (const Node& node : graph.nodes) count += node.type == type ? 1 : 0;
  return count;
}

}  // namespace mace

#endif  // MACE_TESTING_PASSES_PASS_TESTER_H_
