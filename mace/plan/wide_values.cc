#include "mace/plan/wide_values.h"

#include <string>
#include <unordered_set>

#include "mace/ops/elementwise/eltwise.h"

namespace mace {
namespace {

// Ops whose result has the magnitude of their first input.
bool CarriesMagnitude(const std::string& type) {
  static const auto* const kTypes = new std::unordered_set<std::string>{
      "AddN",    "BiasAdd", "ExpandDims", "Identity",  "Reduce", "Reshape",
      "Squeeze", "Stack",   "Tile",       "Transpose", "Concat", "Unsqueeze"};
  return kTypes->count(type) > 0;
}

// A node, or one step of a fused node, and what is known of its inputs.
struct Operands {
  const Node* node = nullptr;
  std::vector<bool> wide;
  bool same = false;                     // Both inputs are the same value.
  const HostTensor* exponent = nullptr;  // A constant second input.
};

// The exponent of a power; 0 if it is not a constant.
double ExponentOf(const Operands& operands) {
  const AttributeMap& attributes = operands.node->attributes;
  if (operands.exponent != nullptr) {
    const std::vector<float> values = ToFloatVector(*operands.exponent);
    return values.size() == 1 ? values[0] : 0;
  }
  const bool scalar =
      attributes.Has("scalar_input") && attributes.GetInt("scalar_input_index", 1) != 0;
  return scalar ? attributes.GetFloat("scalar_input", 0) : 0;
}

bool IsWide(const Operands& operands) {
  const Node& node = *operands.node;
  const bool first = !operands.wide.empty() && operands.wide[0];
  const bool second = operands.wide.size() > 1 && operands.wide[1];
  if (CarriesMagnitude(node.type)) return first || second;
  if (node.type == "Unary") return node.attributes.GetString("function", "") == "square";
  if (node.type != "Eltwise") return false;
  switch (static_cast<EltwiseType>(node.attributes.GetInt("type", 0))) {
    case EltwiseType::kSqrDiff:
      return true;
    case EltwiseType::kPow:
      return ExponentOf(operands) > 1;
    case EltwiseType::kProd:
      return operands.same || first || second;
    case EltwiseType::kSum:
    case EltwiseType::kSub:
    case EltwiseType::kMin:
    case EltwiseType::kMax:
      return first || second;
    case EltwiseType::kDiv:
    case EltwiseType::kNeg:
    case EltwiseType::kAbs:
      return first;
    default:
      return false;
  }
}

Operands OperandsOf(const Graph& graph, const Node& node, const std::vector<bool>& wide) {
  Operands operands;
  operands.node = &node;
  for (ValueId id : node.inputs) {
    operands.wide.push_back(id != kNoValue && wide[static_cast<size_t>(id)]);
  }
  if (node.inputs.size() < 2) return operands;
  operands.same = node.inputs[0] == node.inputs[1];
  if (graph.IsConstant(node.inputs[1])) operands.exponent = &*graph.value(node.inputs[1]).constant;
  return operands;
}

// Whether the last step of a fused node makes a wide value.
bool LastStepIsWide(const Graph& graph, const Node& node, const std::vector<bool>& wide) {
  // The node's inputs, followed by the results of its steps.
  std::vector<bool> known = OperandsOf(graph, node, wide).wide;
  for (const Node& step : node.steps) {
    Operands operands;
    operands.node = &step;
    for (ValueId id : step.inputs) {
      operands.wide.push_back(id != kNoValue && known[static_cast<size_t>(id)]);
    }
    if (step.inputs.size() > 1) {
      const ValueId second = step.inputs[1];
      operands.same = step.inputs[0] == second;
      const bool outer = second >= 0 && static_cast<size_t>(second) < node.inputs.size();
      const ValueId value = outer ? node.inputs[static_cast<size_t>(second)] : kNoValue;
      if (graph.IsConstant(value)) operands.exponent = &*graph.value(value).constant;
    }
    known.push_back(IsWide(operands));
  }
  return known.back();
}

}  // namespace

std::vector<bool> FindWideValues(const Graph& graph) {
  std::vector<bool> wide(graph.values.size(), false);
  for (const Node& node : graph.nodes) {
    const bool found = node.steps.empty() ? IsWide(OperandsOf(graph, node, wide))
                                          : LastStepIsWide(graph, node, wide);
    if (!found) continue;
    for (ValueId id : node.outputs) {
      if (IsFloat(graph.value(id).info.dtype)) wide[static_cast<size_t>(id)] = true;
    }
  }
  return wide;
}

}  // namespace mace
