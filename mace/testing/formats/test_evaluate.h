// Runs an imported graph by the references of its ops, for tests.
#ifndef MACE_TESTING_FORMATS_TEST_EVALUATE_H_
#define MACE_TESTING_FORMATS_TEST_EVALUATE_H_

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "mace/formats/import_model.h"
#include "mace/ops/op.h"

namespace mace {

// The graph's outputs for these values of its inputs, in the graph's order.
inline StatusOr<std::vector<HostTensor>> EvaluateGraph(const Graph& graph,
                                                       const std::vector<HostTensor>& inputs) {
  std::vector<HostTensor> values(graph.values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    if (!graph.values[i].constant) continue;
    MACE_ASSIGN_OR_RETURN(values[i], graph.values[i].constant->ToReferenceOperand());
  }
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    values[static_cast<size_t>(graph.inputs[i].value)] = inputs[i];
  }
  for (const Node& node : graph.nodes) {
    MACE_ASSIGN_OR_RETURN(const std::shared_ptr<const Op> op, OpOf(node));
    std::vector<HostTensor> arguments;
    for (ValueId id : node.inputs) {
      arguments.push_back(id == kNoValue ? HostTensor() : values[static_cast<size_t>(id)]);
    }
    std::vector<TensorInfo> infos;
    for (ValueId id : node.outputs) infos.push_back(graph.value(id).info);
    MACE_ASSIGN_OR_RETURN(std::vector<HostTensor> results, AllocateTensors(infos));
    MACE_RETURN_IF_ERROR(op->Reference(arguments, &results));
    for (size_t i = 0; i < results.size(); ++i) {
      values[static_cast<size_t>(node.outputs[i])] = std::move(results[i]);
    }
  }
  std::vector<HostTensor> outputs;
  for (const IoInfo& io : graph.outputs) {
    outputs.push_back(values[static_cast<size_t>(io.value)]);
  }
  return outputs;
}

// EvaluateGraph for the result of an import. After an error the test fails, and a few empty tensors
// take the place of the outputs.
inline std::vector<HostTensor> ExpectOutputs(const StatusOr<std::shared_ptr<Graph>>& graph,
                                             const std::vector<HostTensor>& inputs) {
  constexpr size_t kMaxOutputs = 4;
  EXPECT_TRUE(graph.ok()) << graph.status().message();
  if (!graph.ok()) return std::vector<HostTensor>(kMaxOutputs);
  const StatusOr<std::vector<HostTensor>> outputs = EvaluateGraph(**graph, inputs);
  EXPECT_TRUE(outputs.ok()) << outputs.status().message();
  return outputs.ok() ? *outputs : std::vector<HostTensor>(kMaxOutputs);
}

}  // namespace mace

#endif  // MACE_TESTING_FORMATS_TEST_EVALUATE_H_
