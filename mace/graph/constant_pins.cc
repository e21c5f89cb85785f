#include "mace/graph/constant_pins.h"

#include <memory>
#include <utility>

namespace mace {

Status ConstantPins::Add(const HostTensor& constant) {
  MACE_ASSIGN_OR_RETURN(FilePin pin, FilePin::Hold(constant.bytes()));
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

StatusOr<ConstantPins> ConstantPins::HoldInputs(const Graph& graph, const Node& node) {
  ConstantPins pins;
  for (ValueId id : node.inputs) {
    if (graph.IsConstant(id)) MACE_RETURN_IF_ERROR(pins.Add(*graph.value(id).constant));
  }
  return pins;
}

StatusOr<HostTensor> PinConstant(const HostTensor& constant) {
  MACE_ASSIGN_OR_RETURN(FilePin pin, FilePin::Hold(constant.bytes()));
  if (!pin.holds()) return constant;
  return HostTensor::View(constant.info(), constant.bytes(),
                          std::make_shared<FilePin>(std::move(pin)));
}

void ReleaseConstants(const Graph& graph, const Node& node) {
  for (ValueId id : node.inputs) {
    if (graph.IsConstant(id)) ReleaseFileBlock(graph.value(id).constant->bytes());
  }
}

}  // namespace mace
