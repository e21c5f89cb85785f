#include "mace/plan/wide_values.h"

#include <algorithm>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>

#include "mace/ops/elementwise/eltwise.h"
#include "mace/ops/integer_sums.h"

namespace mace {
namespace {

// Ops whose result has the magnitude of their first input.
bool CarriesMagnitude(const std::string& type) {
  static const auto* const kTypes = new std::unordered_set<std::string>{
      "AddN",    "BiasAdd", "ExpandDims", "Identity",  "Reduce", "Reshape",
      "Squeeze", "Stack",   "Tile",       "Transpose", "Concat", "Unsqueeze"};
  return kTypes->count(type) > 0;
}

// Why a value is wide.
enum class Width { kNormal, kIntegerSum, kSquare };

// A node, or one step of a fused node, and what is known of its inputs.
struct Operands {
  const Node* node = nullptr;
  std::vector<Width> widths;
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

Width SquareIf(bool is_square) { return is_square ? Width::kSquare : Width::kNormal; }

// The scale of an integer sum makes a value of usual magnitude of it.
Width WidthOfProduct(const Operands& operands, Width first, Width second) {
  const bool both = first != Width::kNormal && second != Width::kNormal;
  return SquareIf(operands.same || both || std::max(first, second) == Width::kSquare);
}

Width WidthOf(const Operands& operands) {
  const Node& node = *operands.node;
  const auto at = [&](size_t i) {
    return operands.widths.size() > i ? operands.widths[i] : Width::kNormal;
  };
  const Width first = at(0), second = at(1);
  if (node.attributes.GetInt(kIntegerSums, 0) != 0) return Width::kIntegerSum;
  if (CarriesMagnitude(node.type)) return std::max(first, second);
  if (node.type == "Unary") {
    return SquareIf(node.attributes.GetString("function", "") == "square");
  }
  if (node.type != "Eltwise") return Width::kNormal;
  switch (static_cast<EltwiseType>(node.attributes.GetInt("type", 0))) {
    case EltwiseType::kSqrDiff:
      return Width::kSquare;
    case EltwiseType::kPow:
      return SquareIf(ExponentOf(operands) > 1);
    case EltwiseType::kProd:
      return WidthOfProduct(operands, first, second);
    case EltwiseType::kSum:
    case EltwiseType::kSub:
    case EltwiseType::kMin:
    case EltwiseType::kMax:
      return std::max(first, second);
    case EltwiseType::kDiv:
      return SquareIf(first == Width::kSquare);
    case EltwiseType::kNeg:
    case EltwiseType::kAbs:
      return first;
    default:
      return Width::kNormal;
  }
}

// The widths of these of the values.
std::vector<Width> WidthsOf(const std::vector<ValueId>& ids, const std::vector<Width>& all) {
  std::vector<Width> widths;
  for (ValueId id : ids) {
    widths.push_back(id == kNoValue ? Width::kNormal : all[static_cast<size_t>(id)]);
  }
  return widths;
}

Operands OperandsOf(const Graph& graph, const Node& node, const std::vector<Width>& widths) {
  Operands operands;
  operands.node = &node;
  operands.widths = WidthsOf(node.inputs, widths);
  if (node.inputs.size() < 2) return operands;
  operands.same = node.inputs[0] == node.inputs[1];
  if (graph.IsConstant(node.inputs[1])) operands.exponent = &*graph.value(node.inputs[1]).constant;
  return operands;
}

// The width of what the last step of a fused node makes.
Width WidthOfLastStep(const Graph& graph, const Node& node, const std::vector<Width>& widths) {
  // The node's inputs, followed by the results of its steps.
  std::vector<Width> known = WidthsOf(node.inputs, widths);
  for (const Node& step : node.steps) {
    Operands operands;
    operands.node = &step;
    operands.widths = WidthsOf(step.inputs, known);
    if (step.inputs.size() > 1) {
      const ValueId second = step.inputs[1];
      operands.same = step.inputs[0] == second;
      const bool outer = second >= 0 && static_cast<size_t>(second) < node.inputs.size();
      const ValueId value = outer ? node.inputs[static_cast<size_t>(second)] : kNoValue;
      if (graph.IsConstant(value)) operands.exponent = &*graph.value(value).constant;
    }
    known.push_back(WidthOf(operands));
  }
  return known.back();
}

// Whether a step of a fused node squares one of the node's inputs.
bool SquaresAnInput(const Node& step, size_t inputs) {
  const ValueId x = step.inputs.empty() ? kNoValue : step.inputs[0];
  if (x < 0 || static_cast<size_t>(x) >= inputs) return false;
  Operands operands;
  operands.node = &step;
  operands.widths.resize(step.inputs.size(), Width::kNormal);
  operands.same = step.inputs.size() > 1 && step.inputs[1] == x;
  return WidthOf(operands) == Width::kSquare;
}

}  // namespace

bool AddsSquares(const Node& node) {
  std::set<ValueId> squared;
  bool adds = false;
  for (const Node& step : node.steps) {
    if (SquaresAnInput(step, node.inputs.size())) squared.insert(step.inputs[0]);
    const auto type = static_cast<EltwiseType>(step.attributes.GetInt("type", 0));
    adds = adds || (step.type == "Eltwise" && type == EltwiseType::kSum);
  }
  return adds && squared.size() > 1;
}

std::vector<bool> FindWideValues(const Graph& graph) {
  std::vector<Width> widths(graph.values.size(), Width::kNormal);
  for (const Node& node : graph.nodes) {
    const Width found = node.steps.empty() ? WidthOf(OperandsOf(graph, node, widths))
                                           : WidthOfLastStep(graph, node, widths);
    if (found == Width::kNormal) continue;
    for (ValueId id : node.outputs) {
      if (IsFloat(graph.value(id).info.dtype)) widths[static_cast<size_t>(id)] = found;
    }
  }
  std::vector<bool> wide;
  for (const Width width : widths) wide.push_back(width != Width::kNormal);
  return wide;
}

}  // namespace mace
