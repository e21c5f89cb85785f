#include "mace/runtime/host_values.h"

#include <algorithm>
#include <cstdint>

namespace mace {

void HostValues::PrepareConstant(ValueId id) {
  if (!graph_.IsConstant(id) || Get(id).dtype() != DType::kInvalid) return;
  const HostTensor& constant = *graph_.value(id).constant;
  Set(id, (IsFloat(constant.dtype()) ? constant.ConvertTo(DType::kFloat32) : constant).ToAligned());
}

void HostValues::PrepareConstants(const Node& node) {
  for (ValueId id : node.inputs) PrepareConstant(id);
}

void HostValues::Share(ValueId id, const HostTensor& tensor) {
  const auto address = reinterpret_cast<uintptr_t>(tensor.bytes().data());
  if (address % std::max<size_t>(DTypeSize(tensor.dtype()), 1) == 0) {
    tensors_[static_cast<size_t>(id)] = tensor;
  } else {
    Set(id, tensor.ToAligned());
  }
}

Status HostValues::RunNode(const Node& node, const Op& op) {
  std::vector<HostTensor> inputs;
  inputs.reserve(node.inputs.size());
  for (ValueId id : node.inputs) inputs.push_back(id == kNoValue ? HostTensor() : Get(id));
  std::vector<HostTensor> outputs;
  outputs.reserve(node.outputs.size());
  for (ValueId id : node.outputs) outputs.push_back(HostTensor::Allocate(graph_.value(id).info));
  Status status = op.Reference(inputs, &outputs);
  if (!status.ok()) return status.WithPrefix("node '" + node.name + "' (" + node.type + ")");
  for (size_t i = 0; i < node.outputs.size(); ++i) Set(node.outputs[i], std::move(outputs[i]));
  return Status();
}

}  // namespace mace
