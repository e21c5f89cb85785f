// Runs an imported graph by the references of its ops, for tests.
#ifndef MACE_TESTING_FORMATS_TEST_EVALUATE_H_
#define MACE_TESTING_FORMATS_TEST_EVALUATE_H_

#include <memory>
#include <utility>
#include <vector>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/memory_budget.h"
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

// The number of operations that the references would take for one run. kUnsupported where an op of
// the graph is not known.
inline StatusOr<double> CostOf(const Graph& graph) {
  double flops = 0;
  for (const Node& node : graph.nodes) {
    MACE_ASSIGN_OR_RETURN(const std::shared_ptr<const Op> op, OpOf(node));
    std::vector<OpInput> inputs;
    for (ValueId id : node.inputs) {
      OpInput input;
      input.present = id != kNoValue;
      if (input.present) input.info = graph.value(id).info;
      if (graph.IsConstant(id)) input.constant = &*graph.value(id).constant;
      inputs.push_back(input);
    }
    std::vector<TensorInfo> outputs;
    for (ValueId id : node.outputs) outputs.push_back(graph.value(id).info);
    flops += op->EstimateCost(inputs, outputs).flops;
    for (const TensorInfo& output : outputs) flops += static_cast<double>(output.shape.elements());
  }
  return flops;
}

// Runs a graph that was made of a damaged file, in little memory: it gives outputs or a Status with
// a message. A graph that would run for long is left out; the result says whether it was run.
inline StatusOr<bool> RunDamaged(const Graph& graph) {
  constexpr uint64_t kMemory = uint64_t{32} << 20;
  constexpr double kMaxFlops = 1e7;
  MACE_ASSIGN_OR_RETURN(const double flops, CostOf(graph));
  if (!(flops <= kMaxFlops)) return false;
  const ScopedMemoryBudget scope(std::make_shared<MemoryBudget>(kMemory));
  return CatchExhaustion([&]() -> StatusOr<bool> {
    std::vector<HostTensor> inputs;
    for (const IoInfo& io : graph.inputs) {
      MACE_ASSIGN_OR_RETURN(HostTensor zeros, HostTensor::Allocate(graph.value(io.value).info));
      inputs.push_back(std::move(zeros));
    }
    MACE_RETURN_IF_ERROR(EvaluateGraph(graph, inputs).status());
    return true;
  });
}

}  // namespace mace

#endif  // MACE_TESTING_FORMATS_TEST_EVALUATE_H_
