#include "mace/ops/infer.h"

#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mace/graph/describe.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

StatusOr<std::vector<OpInput>> CollectInputs(const Graph& graph, const Node& node) {
  std::vector<OpInput> inputs;
  inputs.reserve(node.inputs.size());
  for (ValueId id : node.inputs) {
    OpInput input;
    if (id == kNoValue) {
      input.present = false;
      inputs.push_back(input);
      continue;
    }
    if (id < 0 || static_cast<size_t>(id) >= graph.values.size()) {
      return Internal("input " + std::to_string(id) + " is no value of the graph");
    }
    const Value& value = graph.value(id);
    if (value.constant.has_value()) {
      input.info = value.constant->info();
      input.constant = &*value.constant;
    } else if (value.shape_known) {
      input.info = value.info;
    } else {
      return InvalidArgument("the shape of input '" + value.name + "' is not known");
    }
    inputs.push_back(input);
  }
  return inputs;
}

bool WorthFolding(const Op& op, const std::vector<OpInput>& inputs,
                  const std::vector<TensorInfo>& outputs) {
  for (const OpInput& input : inputs) {
    if (!input.present) continue;
    if (input.constant == nullptr) return false;
    if (input.info.shape.elements() > kMaxFoldedElements) return false;
  }
  for (const TensorInfo& output : outputs) {
    if (output.shape.elements() > kMaxFoldedElements) return false;
  }
  return op.EstimateCost(inputs, outputs).flops <= kMaxFoldedFlops;
}

// The extents themselves, whether or not the input's elements are known.
bool EvaluateShape(const TensorInfo& input, const TensorInfo& output, HostTensor* result) {
  if (output.shape.elements() != input.shape.rank()) return false;
  for (int64_t extent : input.shape.dims()) {
    if (extent > std::numeric_limits<int32_t>::max()) return false;
  }
  *result = HostTensor::FromVector<int32_t>(
      DType::kInt32, output.shape,
      std::vector<int32_t>(input.shape.dims().begin(), input.shape.dims().end()));
  return true;
}

StatusOr<std::vector<HostTensor>> Evaluate(const Op& op, const std::vector<OpInput>& inputs,
                                           const std::vector<TensorInfo>& infos) {
  std::vector<HostTensor> arguments;
  for (const OpInput& input : inputs) {
    if (!input.present) {
      arguments.emplace_back();
    } else {
      MACE_ASSIGN_OR_RETURN(HostTensor argument, input.constant->ToReferenceOperand());
      arguments.push_back(std::move(argument));
    }
  }
  MACE_ASSIGN_OR_RETURN(std::vector<HostTensor> results, AllocateTensors(infos));
  MACE_RETURN_IF_ERROR(RunReference(op, arguments, &results));
  return results;
}

Status CheckOutputs(const Node& node, const std::vector<TensorInfo>& outputs) {
  if (outputs.size() != node.outputs.size()) {
    return InvalidArgument("expected " + std::to_string(outputs.size()) + " outputs, found " +
                           std::to_string(node.outputs.size()));
  }
  for (const TensorInfo& output : outputs) {
    MACE_RETURN_IF_ERROR(Shape::Make(output.shape.dims()).status());
  }
  return Status::Ok();
}

// The constants that the outputs are; empty where the node stays.
StatusOr<std::vector<HostTensor>> Fold(const Node& node, const Op& op,
                                       const std::vector<OpInput>& inputs,
                                       const std::vector<TensorInfo>& outputs, FoldBudget* budget) {
  std::vector<HostTensor> results;
  HostTensor extents;
  const bool is_shape = node.type == "Shape" && EvaluateShape(inputs[0].info, outputs[0], &extents);
  if (!is_shape && !WorthFolding(op, inputs, outputs)) return results;
  uint64_t bytes = 0;
  for (const TensorInfo& output : outputs) bytes += output.bytes();
  if (!budget->Take(bytes)) return results;
  if (is_shape) {
    results.push_back(std::move(extents));
    return results;
  }
  StatusOr<std::vector<HostTensor>> evaluated = Evaluate(op, inputs, outputs);
  if (evaluated.ok()) return evaluated;
  budget->Return(bytes);
  // The node then runs like any other one, if it ever does.
  if (evaluated.status().code() == StatusCode::kResourceExhausted) return results;
  return evaluated;
}

StatusOr<bool> InferWithOp(Graph* graph, const Node& node, const Op& op, FoldBudget* budget) {
  MACE_ASSIGN_OR_RETURN(const std::vector<OpInput> inputs, CollectInputs(*graph, node));
  std::vector<TensorInfo> outputs;
  MACE_RETURN_IF_ERROR(op.Infer(inputs, &outputs));
  MACE_RETURN_IF_ERROR(CheckOutputs(node, outputs));
  std::vector<HostTensor> results;
  if (budget != nullptr) {
    MACE_ASSIGN_OR_RETURN(results, Fold(node, op, inputs, outputs, budget));
  }
  // The inputs point into the graph's values: nothing of it changes before this.
  for (size_t i = 0; i < outputs.size(); ++i) {
    Value& value = graph->value(node.outputs[i]);
    value.info = results.empty() ? outputs[i] : results[i].info();
    value.shape_known = true;
    if (!results.empty()) value.constant = std::move(results[i]);
  }
  return !results.empty();
}

}  // namespace

StatusOr<bool> InferNode(Graph* graph, Node* node, FoldBudget* budget) {
  MACE_ASSIGN_OR_RETURN(const std::shared_ptr<const Op> op, OpOf(node));
  StatusOr<bool> folded = InferWithOp(graph, *node, *op, budget);
  if (!folded.ok()) {
    return folded.status().WithPrefix(DescribeNode(*node));
  }
  return folded;
}

}  // namespace mace
