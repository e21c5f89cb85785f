#include "mace/ops/op.h"

#include <algorithm>

#include "mace/ops/op_table.h"

namespace mace {

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

void SetPrecision(const LoweringRequest& request, Lowering* lowering) {
  const auto set = [&](const TensorInfo* info, TensorFormat* format) {
    if (format->precision == Precision::k8Bits) return;
    const bool integers = info != nullptr && DeviceTypeOf(info->dtype) == DeviceType::kInteger;
    format->precision = integers ? Precision::kFloat32 : request.precision;
  };
  lowering->precision = request.precision;
  for (size_t i = 0; i < lowering->inputs.size(); ++i) {
    set(i < request.inputs.size() ? &request.inputs[i].info : nullptr, &lowering->inputs[i]);
  }
  for (size_t i = 0; i < lowering->outputs.size(); ++i) {
    set(i < request.outputs.size() ? &request.outputs[i] : nullptr, &lowering->outputs[i]);
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

StatusOr<std::unique_ptr<Op>> MakeOp(const Node& node) {
  const std::string who = "node '" + node.name + "' (" + node.type + ")";
  const OpDefinition* definition = FindOp(node.type);
  if (definition == nullptr) return Unsupported(who + ": unknown op");
  const int count = static_cast<int>(node.inputs.size());
  if (count < definition->min_inputs ||
      (definition->max_inputs >= 0 && count > definition->max_inputs)) {
    const std::string most =
        definition->max_inputs < 0 ? "any" : std::to_string(definition->max_inputs);
    return InvalidArgument(who + ": expected " + std::to_string(definition->min_inputs) + " to " +
                           most + " inputs, found " + std::to_string(count));
  }
  StatusOr<std::unique_ptr<Op>> op = definition->make(node);
  if (!op.ok()) return op.status().WithPrefix(who);
  return op;
}

}  // namespace mace
