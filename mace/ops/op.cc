#include "mace/ops/op.h"

#include <algorithm>
#include <utility>

#include "mace/graph/describe.h"
#include "mace/ops/op_table.h"

namespace mace {
namespace {

// FindOp, the check of the count of inputs, and OpDefinition::make.
StatusOr<std::unique_ptr<Op>> MakeOp(const Node& node) {
  const OpDefinition* definition = FindOp(node.type);
  if (definition == nullptr) return Unsupported(DescribeNode(node) + ": unknown op");
  const int count = static_cast<int>(node.inputs.size());
  if (count < definition->min_inputs ||
      (definition->max_inputs >= 0 && count > definition->max_inputs)) {
    const std::string most =
        definition->max_inputs < 0 ? "any" : std::to_string(definition->max_inputs);
    return InvalidArgument(DescribeNode(node) + ": expected " +
                           std::to_string(definition->min_inputs) + " to " + most +
                           " inputs, found " + std::to_string(count));
  }
  StatusOr<std::unique_ptr<Op>> op = definition->make(node);
  if (!op.ok()) return op.status().WithPrefix(DescribeNode(node));
  return op;
}

// Whether it was parsed from a node like this one.
bool Fits(const ParsedOp& parsed, const Node& node) {
  return node.steps.empty() && parsed.type == node.type && parsed.inputs == node.inputs.size() &&
         parsed.outputs == node.outputs.size();
}

}  // namespace

Cost Op::EstimateCost(const std::vector<OpInput>& inputs,
                      const std::vector<TensorInfo>& outputs) const {
  Cost cost;
  for (const OpInput& input : inputs) cost.bytes += static_cast<double>(input.info.bytes());
  for (const TensorInfo& output : outputs) {
    cost.bytes += static_cast<double>(output.bytes());
    cost.flops += static_cast<double>(output.shape.elements());
  }
  return cost;
}

void SetPrecision(const LoweringRequest& request, KernelVariant* variant) {
  const auto set = [&](const TensorInfo* info, TensorFormat* format) {
    if (format->precision == Precision::kInt8) return;
    const bool integers =
        info != nullptr && DeviceElementOf(info->dtype) == DeviceElement::kInteger;
    format->precision = integers ? Precision::kFloat32 : request.precision;
  };
  variant->precision = request.precision;
  for (size_t i = 0; i < variant->inputs.size(); ++i) {
    set(i < request.inputs.size() ? &request.inputs[i].info : nullptr, &variant->inputs[i]);
  }
  for (size_t i = 0; i < variant->outputs.size(); ++i) {
    set(i < request.outputs.size() ? &request.outputs[i] : nullptr, &variant->outputs[i]);
  }
}

Status RunReference(const Op& op, const std::vector<HostTensor>& inputs,
                    std::vector<HostTensor>* outputs) {
  const auto is_empty = [](const HostTensor& output) { return output.shape().elements() == 0; };
  if (std::all_of(outputs->begin(), outputs->end(), is_empty)) return Status();
  return op.Reference(inputs, outputs);
}

const OpDefinition* FindOp(const std::string& type) {
  for (size_t i = 0; i < kOpTableSize; ++i) {
    if (type == kOpTable[i]->type) return kOpTable[i];
  }
  return nullptr;
}

StatusOr<std::shared_ptr<const Op>> OpOf(const Node& node) {
  const ParsedOp* parsed = node.attributes.parsed().get();
  if (parsed != nullptr && Fits(*parsed, node)) return parsed->op;
  MACE_ASSIGN_OR_RETURN(std::unique_ptr<Op> op, MakeOp(node));
  return std::shared_ptr<const Op>(std::move(op));
}

StatusOr<std::shared_ptr<const Op>> OpOf(Node* node) {
  MACE_ASSIGN_OR_RETURN(std::shared_ptr<const Op> op, OpOf(*node));
  // What a node of steps does is not in its attributes.
  const ParsedOp* parsed = node->attributes.parsed().get();
  if (node->steps.empty() && (parsed == nullptr || parsed->op != op)) {
    node->attributes.set_parsed(std::make_shared<const ParsedOp>(
        ParsedOp{node->type, node->inputs.size(), node->outputs.size(), op}));
  }
  return op;
}

}  // namespace mace
