#include "mace/passes/fold_constants.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "mace/graph/constant_identity.h"
#include "mace/graph/derived_constants.h"
#include "mace/graph/describe.h"
#include "mace/graph/fold_budget.h"
#include "mace/graph/output_marks.h"
#include "mace/ops/infer.h"
#include "mace/ops/op.h"
#include "mace/passes/constant_readers.h"

namespace mace {

namespace {

// A result above this stays a node: a Tile or Expand of a small constant would cost memory and load
// time instead of a launch.
constexpr size_t kMaxFoldedBytes = size_t{256} << 20;
// A result may be this many times larger than what it is made from, and small ones any size.
constexpr size_t kMaxGrowth = 4;
constexpr size_t kSmallBytes = size_t{1} << 20;

// Smaller results are known by their elements: that costs less than a look-up.
constexpr size_t kLeastSharedBytes = 4096;

// The outputs of such a node hold values that come from no input; evaluating the node once would
// freeze them.
bool IsRandom(const Node& node) { return node.type.compare(0, 6, "Random") == 0; }

bool AllInputsConstant(const Graph& graph, const Node& node) {
  for (ValueId id : node.inputs) {
    if (id != kNoValue && !graph.IsConstant(id)) return false;
  }
  return true;
}

bool IsWorthIt(const std::vector<OpInput>& inputs, const std::vector<TensorInfo>& outputs) {
  size_t bytes_in = 0, bytes_out = 0;
  for (const OpInput& input : inputs) bytes_in += input.present ? input.info.bytes() : 0;
  for (const TensorInfo& output : outputs) {
    if (output.bytes() > kMaxFoldedBytes) return false;
    bytes_out += output.bytes();
  }
  return bytes_out <= kSmallBytes || bytes_out / kMaxGrowth <= bytes_in;
}

// The constants as a reference takes them.
StatusOr<std::vector<HostTensor>> ReferenceArguments(const Graph& graph, const Node& node) {
  std::vector<HostTensor> arguments;
  for (ValueId id : node.inputs) {
    if (id == kNoValue) {
      arguments.emplace_back();
      continue;
    }
    MACE_ASSIGN_OR_RETURN(HostTensor argument, graph.value(id).constant->ToReferenceOperand());
    arguments.push_back(std::move(argument));
  }
  return arguments;
}

// Inputs for inference that describe the arguments, not the stored constants: an op that keeps its
// input's type must not promise halves where its reference writes floats.
std::vector<OpInput> DescribeArguments(const Node& node, const std::vector<HostTensor>& arguments) {
  std::vector<OpInput> inputs(arguments.size());
  for (size_t i = 0; i < arguments.size(); ++i) {
    inputs[i].present = node.inputs[i] != kNoValue;
    if (!inputs[i].present) continue;
    inputs[i].info = arguments[i].info();
    inputs[i].constant = &arguments[i];
  }
  return inputs;
}

// Whether references write results of these types.
bool AreReferenceTypes(const std::vector<TensorInfo>& infos) {
  return std::none_of(infos.begin(), infos.end(), [](const TensorInfo& info) {
    return IsFloat(info.dtype) && info.dtype != DType::kFloat32;
  });
}

// The identity of the only output. REQUIRES: all inputs are constants.
ConstantIdentity ResultIdentity(const Graph& graph, const Node& node) {
  IdentityHasher hasher("folded");
  hasher.AddOperation(node);
  for (ValueId id : node.inputs) {
    if (id == kNoValue) {
      hasher.Add("none");
    } else {
      hasher.Add(*graph.value(id).constant);
    }
  }
  return hasher.Finish();
}

// Evaluates nodes in their order.
class Folder {
 public:
  explicit Folder(Graph* graph)
      : graph_(*graph),
        outputs_(*graph),
        budget_(ConstantBytes(*graph)),
        readers_(graph, &budget_) {}

  Status Run() {
    std::vector<Node> kept;
    kept.reserve(graph_.nodes.size());
    for (Node& node : graph_.nodes) {
      MACE_ASSIGN_OR_RETURN(const bool folded, FoldNode(&node));
      if (folded) {
        readers_.Evaluated(node);
      } else {
        kept.push_back(std::move(node));
      }
    }
    graph_.nodes = std::move(kept);
    return Status::Ok();
  }

 private:
  // True where the outputs became constants.
  StatusOr<bool> FoldNode(Node* node);
  StatusOr<bool> Evaluate(const Node& node);
  // The outputs, which other graphs of the model may have already.
  StatusOr<std::vector<HostTensor>> Compute(const Node& node, const Op& op,
                                            const std::vector<HostTensor>& arguments,
                                            const std::vector<TensorInfo>& infos);

  Graph& graph_;
  const OutputMarks outputs_;
  FoldBudget budget_;
  ConstantReaders readers_;
};

StatusOr<std::vector<HostTensor>> Folder::Compute(const Node& node, const Op& op,
                                                  const std::vector<HostTensor>& arguments,
                                                  const std::vector<TensorInfo>& infos) {
  const auto run = [&]() -> StatusOr<std::vector<HostTensor>> {
    MACE_ASSIGN_OR_RETURN(std::vector<HostTensor> results, AllocateTensors(infos));
    MACE_RETURN_IF_ERROR(RunReference(op, arguments, &results));
    return results;
  };
  if (infos.size() != 1 || infos[0].bytes() < kLeastSharedBytes) return run();
  StatusOr<HostTensor> result = DeriveConstant(
      graph_.derived, ResultIdentity(graph_, node), arguments, [&]() -> StatusOr<HostTensor> {
        MACE_ASSIGN_OR_RETURN(std::vector<HostTensor> results, run());
        return std::move(results[0]);
      });
  if (!result.ok()) return result.status();
  return std::vector<HostTensor>{*std::move(result)};
}

StatusOr<bool> Folder::Evaluate(const Node& node) {
  MACE_ASSIGN_OR_RETURN(const std::shared_ptr<const Op> op, OpOf(node));
  MACE_ASSIGN_OR_RETURN(const std::vector<HostTensor> arguments, ReferenceArguments(graph_, node));
  const std::vector<OpInput> inputs = DescribeArguments(node, arguments);
  std::vector<TensorInfo> infos;
  MACE_RETURN_IF_ERROR(op->Infer(inputs, &infos));
  if (infos.size() != node.outputs.size() || !IsWorthIt(inputs, infos)) return false;
  if (!AreReferenceTypes(infos)) return false;
  uint64_t bytes = 0;
  for (const TensorInfo& info : infos) bytes += info.bytes();
  if (!budget_.Take(bytes)) return false;
  StatusOr<std::vector<HostTensor>> results = Compute(node, *op, arguments, infos);
  if (!results.ok()) {
    budget_.Return(bytes);
    return results.status();
  }
  for (size_t i = 0; i < results->size(); ++i) {
    Value& value = graph_.value(node.outputs[i]);
    value.info = (*results)[i].info();
    value.shape_known = true;
    value.constant = std::move((*results)[i]);
  }
  return true;
}

StatusOr<bool> Folder::FoldNode(Node* node) {
  if (node->inputs.empty() || IsRandom(*node) || outputs_.MakesOutput(*node)) return false;
  if (AllInputsConstant(graph_, *node)) {
    StatusOr<bool> folded = Evaluate(*node);
    if (folded.ok()) return folded;
    // A node for whose evaluation there is no memory may run when there is some, or never.
    if (folded.status().code() == StatusCode::kResourceExhausted) return false;
    return folded.status().WithPrefix(DescribeNode(*node));
  }
  const ValueId source = node->inputs[0];
  if (node->type == "Shape" && source != kNoValue && graph_.value(source).shape_known) {
    return InferNode(&graph_, node, &budget_);
  }
  return false;
}

}  // namespace

Status FoldConstants(Graph* graph) { return Folder(graph).Run(); }

}  // namespace mace
