// A model of two launches, made in code, for tests of the engine: x [batch, 4, 4, 8] -> tanh ->
// sigmoid -> y. Other batches make other plans.
#ifndef MACE_TESTING_SMALL_MODEL_H_
#define MACE_TESTING_SMALL_MODEL_H_

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "mace/graph/graph.h"
#include "mace/graph/tensor.h"
#include "mace/testing/test_tensors.h"

namespace mace {

inline Shape SmallShape(int64_t batch) { return Shape({batch, 4, 4, 8}); }

inline HostTensor SmallInput(int64_t batch, uint32_t seed = 1) {
  return RandomTensor(SmallShape(batch), seed);
}

inline std::shared_ptr<const Graph> MakeSmallModel() {
  auto graph = std::make_shared<Graph>();
  const ValueId x = graph->AddValue("x");
  graph->value(x).info = {DType::kFloat32, SmallShape(1)};
  graph->value(x).shape_known = true;
  ValueId last = x;
  for (const char* name : {"TANH", "SIGMOID"}) {
    Node node;
    node.name = name;
    node.type = "Activation";
    node.attributes.Set("activation", std::string(name));
    node.inputs = {last};
    last = graph->AddValue(std::string("value ") + name);
    node.outputs = {last};
    graph->nodes.push_back(node);
  }
  IoInfo in, out;
  in.name = "x";
  in.value = x;
  in.declared_dims = std::vector<int64_t>{1, 4, 4, 8};
  graph->inputs.push_back(in);
  out.name = "y";
  out.value = last;
  graph->outputs.push_back(out);
  return graph;
}

// The small model; the value between its two nodes is another output, "z".
inline std::shared_ptr<const Graph> MakeTwoOutputs() {
  auto graph = std::make_shared<Graph>(*MakeSmallModel());
  IoInfo between;
  between.name = "z";
  between.value = graph->nodes[0].outputs[0];
  graph->outputs.push_back(between);
  return graph;
}

// Whether the outputs are those of the model for `input`.
inline bool IsSmallAnswer(const HostTensor& input, const std::vector<HostTensor>& outputs) {
  if (outputs.size() != 1 || outputs[0].shape() != input.shape()) return false;
  for (int64_t i = 0; i < input.shape().elements(); ++i) {
    const float expected = 1 / (1 + std::exp(-std::tanh(input.f32()[i])));
    if (!(std::abs(outputs[0].f32()[i] - expected) < 1e-4f)) return false;
  }
  return true;
}

}  // namespace mace

#endif  // MACE_TESTING_SMALL_MODEL_H_
