// Model files that were damaged: whatever their bytes say, there is a graph that runs or a Status
// with a message, soon and in little memory.
#ifndef MACE_TESTING_FORMATS_DAMAGED_MODEL_H_
#define MACE_TESTING_FORMATS_DAMAGED_MODEL_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/coding.h"
#include "mace/base/memory_budget.h"
#include "mace/testing/formats/test_evaluate.h"

namespace mace {

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

class DamagedModel {
 public:
  // `path` names the format. The weights lie beside a model of MACE.
  explicit DamagedModel(std::string path, Bytes weights = {})
      : path_(std::move(path)), weights_(weights) {}

  // Whether the model was imported and run.
  bool Run(const std::string& bytes) const {
    ImportOptions options;
    options.max_expanded_bytes = size_t{1} << 24;
    // Either way is right; a crash is not.
    const StatusOr<std::shared_ptr<Graph>> graph =
        ImportModelBytes(path_, AsBytes(bytes), weights_, options);
    EXPECT_TRUE(graph.ok() || !graph.status().message().empty());
    if (!graph.ok()) return false;
    EXPECT_TRUE(ValidateGraph(**graph).ok());
    const StatusOr<bool> run = RunDamaged(**graph);
    EXPECT_TRUE(run.ok() || !run.status().message().empty());
    return run.ok() && *run;
  }

  // How many of the models run that differ from `whole` in one byte, each byte in three ways.
  int RunWithChangedBytes(const std::string& whole) const {
    int runs = 0;
    for (size_t position = 0; position < whole.size(); ++position) {
      for (int change : {0x01, 0x80, 0xff}) {
        std::string changed = whole;
        changed[position] = static_cast<char>(changed[position] ^ change);
        runs += Run(changed) ? 1 : 0;
      }
    }
    return runs;
  }

 private:
  const std::string path_;
  const Bytes weights_;
};

}  // namespace mace

#endif  // MACE_TESTING_FORMATS_DAMAGED_MODEL_H_
