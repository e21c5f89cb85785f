#include "mace/graph/constant_pins.h"

#include <memory>
#include <utility>

namespace mace {

Status ConstantPins::Add(const HostTensor& constant) {
  MACE_ASSIGN_OR_RETURN(FilePin pin, FilePin::Hold(constant.address_range()));
  if (pin.holds()) pins_.push_back(std::move(pin));
  return Status::Ok();
}

StatusOr<ConstantPins> ConstantPins::HoldAll(const Graph& graph) {
  ConstantPins pins;
  for (const Value& value : graph.values) {
    if (value.constant.has_value()) MACE_RETURN_IF_ERROR(pins.Add(*value.constant));
  }
  return pins;
}

void ConstantPins::Keep(const HostTensor& constant) {
  FilePin pin = FilePin::Keep(constant.address_range());
  if (!pin.holds()) return;
  failed_before_.emplace(pin.memory(), pin.memory()->failed_touches());
  pins_.push_back(std::move(pin));
}

ConstantPins ConstantPins::KeepAll(const Graph& graph) {
  ConstantPins pins;
  for (const Value& value : graph.values) {
    if (value.constant.has_value()) pins.Keep(*value.constant);
  }
  return pins;
}

ConstantPins ConstantPins::KeepAll(const std::vector<HostTensor>& constants) {
  ConstantPins pins;
  for (const HostTensor& constant : constants) pins.Keep(constant);
  return pins;
}

Status ConstantPins::CheckReads() const {
  for (const auto& [memory, failed] : failed_before_) {
    if (memory->failed_touches() != failed) return memory->last_error();
  }
  return Status::Ok();
}

Status ReadConstants(const Graph& graph) {
  for (const Value& value : graph.values) {
    if (!value.constant.has_value()) continue;
    // Afterwards whoever keeps the constant keeps its elements in memory.
    MACE_RETURN_IF_ERROR(FilePin::Hold(value.constant->address_range()).status());
  }
  return Status::Ok();
}

StatusOr<HostTensor> PinConstant(const HostTensor& constant) {
  MACE_ASSIGN_OR_RETURN(FilePin pin, FilePin::Hold(constant.address_range()));
  if (!pin.holds()) return constant;
  HostTensor pinned = HostTensor::View(constant.info(), constant.address_range(),
                                       std::make_shared<FilePin>(std::move(pin)));
  pinned.set_identity(constant.identity());
  return pinned;
}

void ReleaseConstants(const Graph& graph, const Node& node) {
  for (ValueId id : node.inputs) {
    if (graph.IsConstant(id)) ReleaseFileBlock(graph.value(id).constant->address_range());
  }
}

}  // namespace mace
