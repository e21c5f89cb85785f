#include "mace/runtime/host_values.h"

#include <algorithm>
#include <cstdint>

namespace mace {

Status HostValues::PrepareConstant(ValueId id) {
  if (!graph_.IsConstant(id) || Get(id).dtype() != DType::kInvalid) return Status();
  MACE_ASSIGN_OR_RETURN(HostTensor ready, graph_.value(id).constant->ToReferenceOperand());
  Set(id, std::move(ready));
  return Status();
}

Status HostValues::PrepareConstants(const Node& node) {
  for (ValueId id : node.inputs) MACE_RETURN_IF_ERROR(PrepareConstant(id));
  return Status();
}

Status HostValues::Share(ValueId id, const HostTensor& tensor) {
  const auto address = reinterpret_cast<uintptr_t>(tensor.bytes().data());
  if (address % std::max<size_t>(DTypeSize(tensor.dtype()), 1) == 0) {
    tensors_[static_cast<size_t>(id)] = tensor;
    return Status();
  }
  MACE_ASSIGN_OR_RETURN(HostTensor aligned, tensor.ToAligned());
  Set(id, std::move(aligned));
  return Status();
}

Status HostValues::RunNode(const Node& node, const Op& op) {
  std::vector<HostTensor> inputs;
  inputs.reserve(node.inputs.size());
  for (ValueId id : node.inputs) inputs.push_back(id == kNoValue ? HostTensor() : Get(id));
  std::vector<TensorInfo> infos;
  infos.reserve(node.outputs.size());
  for (ValueId id : node.outputs) infos.push_back(graph_.value(id).info);
  StatusOr<std::vector<HostTensor>> outputs = AllocateTensors(infos);
  Status status = outputs.ok() ? op.Reference(inputs, &*outputs) : outputs.status();
  if (!status.ok()) return status.WithPrefix("node '" + node.name + "' (" + node.type + ")");
  for (size_t i = 0; i < node.outputs.size(); ++i) Set(node.outputs[i], std::move((*outputs)[i]));
  return Status();
}

}  // namespace mace
