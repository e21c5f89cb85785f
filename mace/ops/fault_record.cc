#include "mace/ops/fault_record.h"

#include <string>

#include "mace/base/strings.h"

namespace mace {
namespace {

// Marks a launch whose last scratch argument is a record.
constexpr char kMacro[] = "REPORTS_FAULTS";

}  // namespace

void AddFaultRecord(KernelVariant* variant, Launch* launch) {
  ScratchBuffer record;
  record.elements = sizeof(FaultRecord) / sizeof(int32_t);
  record.keep_float32 = true;
  record.zeros = true;
  launch->arguments.push_back(ScratchArgument(static_cast<int>(variant->scratch.size())));
  variant->scratch.push_back(record);
  launch->kernel.macros[kMacro] = "1";
}

int FaultRecordArgument(const Launch& launch) {
  if (launch.kernel.macros.count(kMacro) == 0) return -1;
  for (size_t i = launch.arguments.size(); i-- > 0;) {
    const auto* tensor = std::get_if<TensorArgument>(&launch.arguments[i]);
    if (tensor != nullptr && tensor->kind == TensorArgument::Kind::kScratch) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

Status FaultStatus(const Graph& graph, const Node& node, const FaultRecord& record) {
  const std::string who = "node '" + Printable(node.name) + "' (" + node.type + "): ";
  const std::string element = "element " + std::to_string(record.element);
  if (record.kind == FaultRecord::kCondition) {
    return Unsupported(who + node.attributes.GetString("message", kConditionMessage));
  }
  if (record.kind == FaultRecord::kBeyondInt32) {
    return InvalidArgument(who + element +
                           " of the result does not fit the int32 in which devices hold an int64; "
                           "device \"cpu\" computes in int64");
  }
  if (record.kind == FaultRecord::kByZero) {
    return InvalidArgument(who + "an integer is divided by zero (" + element + " of the result)");
  }
  const auto input = static_cast<size_t>(record.input);
  const bool is_named = input < node.inputs.size() && node.inputs[input] != kNoValue;
  const std::string of =
      is_named ? " of '" + Printable(graph.value(node.inputs[input]).name) + "'" : "";
  return InvalidArgument(who + "index " + std::to_string(record.value) +
                         " is outside of the axis of " + std::to_string(record.extent) + " (" +
                         element + of + ")");
}

}  // namespace mace
