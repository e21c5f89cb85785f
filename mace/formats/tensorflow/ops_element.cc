// Element by element: TensorFlow's arithmetic that is several nodes of the graph, or one of another
// form.
#include <limits>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mace/formats/tensorflow/emit.h"

namespace mace {
namespace {

Status ConvertFunction(TfNode* node) {
  static const auto* const kFunctions = new std::unordered_map<std::string, const char*>{
      {"Acos", "acos"},   {"Acosh", "acosh"}, {"Asin", "asin"},
      {"Asinh", "asinh"}, {"Atan", "atan"},   {"Atanh", "atanh"},
      {"Cosh", "cosh"},   {"Erfc", "erfc"},   {"Sinh", "sinh"},
  };
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  AttributeMap attributes;
  attributes.Set("function", std::string(kFunctions->at(node->def().op())));
  return node->EmitResult("Unary", {node->input(0)}, std::move(attributes));
}

// Integers, bits and logic: one Eltwise.
Status ConvertInteger(TfNode* node) {
  static const auto* const kTypes = new std::unordered_map<std::string, EltwiseType>{
      {"BitwiseAnd", EltwiseType::kBitAnd},     {"BitwiseOr", EltwiseType::kBitOr},
      {"BitwiseXor", EltwiseType::kBitXor},     {"LeftShift", EltwiseType::kShiftLeft},
      {"RightShift", EltwiseType::kShiftRight}, {"LogicalXor", EltwiseType::kXor},
      {"Mod", EltwiseType::kRemainder},         {"TruncateMod", EltwiseType::kRemainder},
  };
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  AttributeMap attributes;
  attributes.Set("type", static_cast<int64_t>(kTypes->at(node->def().op())));
  return node->EmitResult("Eltwise", {node->input(0), node->input(1)}, std::move(attributes));
}

// All bits the other way round: -1 - x.
Status ConvertInvert(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  MACE_ASSIGN_OR_RETURN(const ValueId ones,
                        AddScalar(node, ComputedType(*node, node->input(0)), 0));
  MACE_ASSIGN_OR_RETURN(const ValueId all, EmitEltwise(node, EltwiseType::kSub, ones, 1.0));
  return SetEmitted(node, EmitEltwise(node, EltwiseType::kSub, all, node->input(0)));
}

Status ConvertLogicalNot(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  AttributeMap attributes;
  attributes.Set("type", static_cast<int64_t>(EltwiseType::kEqual));
  attributes.Set("scalar_input", 0.0);
  return node->EmitResult("Eltwise", {node->input(0)}, std::move(attributes));
}

// The remainder with the divisor's sign. Floats: the exact remainder with the dividend's sign, and
// the divisor is added where the signs differ.
Status ConvertFloorMod(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  const ValueId x = node->input(0), y = node->input(1);
  if (!IsFloat(node->dtype(0))) {
    AttributeMap attributes;
    attributes.Set("type", static_cast<int64_t>(EltwiseType::kModulo));
    return node->EmitResult("Eltwise", {x, y}, std::move(attributes));
  }
  MACE_ASSIGN_OR_RETURN(const ValueId rest, EmitEltwise(node, EltwiseType::kRemainder, x, y));
  MACE_ASSIGN_OR_RETURN(const ValueId there, EmitEltwise(node, EltwiseType::kNotEqual, rest, 0.0));
  MACE_ASSIGN_OR_RETURN(const ValueId rest_below, EmitEltwise(node, EltwiseType::kLess, rest, 0.0));
  MACE_ASSIGN_OR_RETURN(const ValueId y_below, EmitEltwise(node, EltwiseType::kLess, y, 0.0));
  MACE_ASSIGN_OR_RETURN(ValueId moves, EmitEltwise(node, EltwiseType::kXor, rest_below, y_below));
  MACE_ASSIGN_OR_RETURN(moves, EmitEltwise(node, EltwiseType::kAnd, moves, there));
  MACE_ASSIGN_OR_RETURN(const ValueId moved, EmitEltwise(node, EltwiseType::kSum, rest, y));
  return SetEmitted(node, EmitWhere(node, moves, moved, rest));
}

// Integers: towards zero, as Eltwise divides them.
Status ConvertTruncateDiv(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  if (IsFloat(node->dtype(0))) return Unsupported("T: expected integers, found floats");
  AttributeMap attributes;
  attributes.Set("type", static_cast<int64_t>(EltwiseType::kDiv));
  return node->EmitResult("Eltwise", {node->input(0), node->input(1)}, std::move(attributes));
}

// Zero where `tested` is zero, whatever `value` is there.
StatusOr<ValueId> EmitZeroWhereZero(TfNode* node, ValueId tested, ValueId value) {
  MACE_ASSIGN_OR_RETURN(const ValueId is_zero, EmitEltwise(node, EltwiseType::kEqual, tested, 0.0));
  MACE_ASSIGN_OR_RETURN(const ValueId zero, AddScalar(node, DType::kFloat32, 0));
  return EmitWhere(node, is_zero, zero, value);
}

// DivNoNan and MulNoNan are zero where the second operand is, Xdivy, Xlogy and Xlog1py where the
// first one is.
Status ConvertZeroWins(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  const std::string& op = node->def().op();
  const ValueId x = node->input(0);
  ValueId y = node->input(1);
  const ValueId tested = op == "DivNoNan" || op == "MulNoNan" ? y : x;
  if (op == "Xlogy" || op == "Xlog1py") {
    MACE_ASSIGN_OR_RETURN(y, EmitUnary(node, op == "Xlogy" ? "log" : "log1p", y));
  }
  const bool divides = op == "DivNoNan" || op == "Xdivy";
  MACE_ASSIGN_OR_RETURN(const ValueId value,
                        EmitEltwise(node, divides ? EltwiseType::kDiv : EltwiseType::kProd, x, y));
  return SetEmitted(node, EmitZeroWhereZero(node, tested, value));
}

// x, low, high.
Status ConvertClipByValue(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3));
  const HostTensor* low = node->builder()->ConstantOf(node->input(1));
  const HostTensor* high = node->builder()->ConstantOf(node->input(2));
  const bool known = low != nullptr && high != nullptr && low->shape().elements() == 1 &&
                     high->shape().elements() == 1 && IsFloat(node->dtype(0));
  if (known) {
    const double from = ToFloatVector(*low)[0], to = ToFloatVector(*high)[0];
    if (from <= to) {
      AttributeMap attributes;
      attributes.Set("type", static_cast<int64_t>(EltwiseType::kClip));
      attributes.Set("coeff", std::vector<double>{from, to});
      return node->EmitResult("Eltwise", {node->input(0)}, std::move(attributes));
    }
  }
  MACE_ASSIGN_OR_RETURN(const ValueId lower,
                        EmitEltwise(node, EltwiseType::kMax, node->input(0), node->input(1)));
  return SetEmitted(node, EmitEltwise(node, EltwiseType::kMin, lower, node->input(2)));
}

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Status ConvertIsNan(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  const ValueId x = node->input(0);
  return SetEmitted(node, EmitEltwise(node, EltwiseType::kNotEqual, x, x));
}

Status ConvertIsInf(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  MACE_ASSIGN_OR_RETURN(const ValueId size, EmitEltwise(node, EltwiseType::kAbs, node->input(0)));
  return SetEmitted(node, EmitEltwise(node, EltwiseType::kEqual, size, kInfinity));
}

// A NaN is not less than infinity either.
Status ConvertIsFinite(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  MACE_ASSIGN_OR_RETURN(const ValueId size, EmitEltwise(node, EltwiseType::kAbs, node->input(0)));
  return SetEmitted(node, EmitEltwise(node, EltwiseType::kLess, size, kInfinity));
}

Status ConvertApproximateEqual(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  MACE_ASSIGN_OR_RETURN(ValueId gap,
                        EmitEltwise(node, EltwiseType::kSub, node->input(0), node->input(1)));
  MACE_ASSIGN_OR_RETURN(gap, EmitEltwise(node, EltwiseType::kAbs, gap));
  return SetEmitted(node,
                    EmitEltwise(node, EltwiseType::kLess, gap, node->Float("tolerance", 1e-5)));
}

// Half of the sum of squares.
Status ConvertL2Loss(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  MACE_ASSIGN_OR_RETURN(ValueId sum, EmitUnary(node, "square", node->input(0)));
  MACE_ASSIGN_OR_RETURN(sum, node->builder()->Reshape(sum, {node->shape(0).elements()}));
  MACE_ASSIGN_OR_RETURN(sum, EmitReduce(node, ReduceType::kSum, sum, {0}, false));
  return SetEmitted(node, EmitEltwise(node, EltwiseType::kProd, sum, 0.5));
}

// Whether the sign of a float is minus, that of a zero included.
StatusOr<ValueId> EmitHasMinus(TfNode* node, ValueId x) {
  MACE_ASSIGN_OR_RETURN(const ValueId inverse, EmitUnary(node, "reciprocal", x));
  MACE_ASSIGN_OR_RETURN(const ValueId inverse_below,
                        EmitEltwise(node, EltwiseType::kLess, inverse, 0.0));
  MACE_ASSIGN_OR_RETURN(const ValueId below, EmitEltwise(node, EltwiseType::kLess, x, 0.0));
  return EmitEltwise(node, EltwiseType::kOr, below, inverse_below);
}

constexpr double kPi = 3.14159265358979323846;

// The angle of the point (x, y): atan(y / x), half a turn further where x has a minus. A y of zero
// and two infinities are told apart, because their quotient says nothing.
Status ConvertAtan2(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  ValueId y = node->input(0), x = node->input(1);
  MACE_ASSIGN_OR_RETURN(const ValueId y_size, EmitEltwise(node, EltwiseType::kAbs, y));
  MACE_ASSIGN_OR_RETURN(const ValueId x_size, EmitEltwise(node, EltwiseType::kAbs, x));
  MACE_ASSIGN_OR_RETURN(ValueId both, EmitEltwise(node, EltwiseType::kMin, y_size, x_size));
  MACE_ASSIGN_OR_RETURN(both, EmitEltwise(node, EltwiseType::kEqual, both, kInfinity));
  MACE_ASSIGN_OR_RETURN(const ValueId y_sign, EmitEltwise(node, EltwiseType::kSign, y));
  MACE_ASSIGN_OR_RETURN(const ValueId x_sign, EmitEltwise(node, EltwiseType::kSign, x));
  MACE_ASSIGN_OR_RETURN(const ValueId used_y, EmitWhere(node, both, y_sign, y));
  MACE_ASSIGN_OR_RETURN(const ValueId used_x, EmitWhere(node, both, x_sign, x));
  MACE_ASSIGN_OR_RETURN(const ValueId slope, EmitEltwise(node, EltwiseType::kDiv, used_y, used_x));
  MACE_ASSIGN_OR_RETURN(const ValueId angle, EmitUnary(node, "atan", slope));
  MACE_ASSIGN_OR_RETURN(const ValueId y_minus, EmitHasMinus(node, y));
  MACE_ASSIGN_OR_RETURN(const ValueId x_minus, EmitHasMinus(node, x));
  const float pi = static_cast<float>(kPi);
  MACE_ASSIGN_OR_RETURN(
      const ValueId half_turn,
      EmitWhere(node, y_minus, AddFloats(node, Shape(), {-pi}), AddFloats(node, Shape(), {pi})));
  MACE_ASSIGN_OR_RETURN(const ValueId turned,
                        EmitEltwise(node, EltwiseType::kSum, angle, half_turn));
  MACE_ASSIGN_OR_RETURN(const ValueId general, EmitWhere(node, x_minus, turned, angle));
  // On the axis: y itself, which is a zero of either sign, or half a turn.
  MACE_ASSIGN_OR_RETURN(const ValueId on_axis, EmitWhere(node, x_minus, half_turn, y));
  MACE_ASSIGN_OR_RETURN(const ValueId flat, EmitEltwise(node, EltwiseType::kEqual, y, 0.0));
  MACE_ASSIGN_OR_RETURN(ValueId result, EmitWhere(node, flat, on_axis, general));
  // An x that is not a number makes the result one that is not either.
  MACE_ASSIGN_OR_RETURN(const ValueId missing, EmitEltwise(node, EltwiseType::kNotEqual, x, x));
  return SetEmitted(node, EmitWhere(node, missing, x, result));
}

}  // namespace

const TfConverterEntry kTfElementConverters[] = {
    {"Acos", ConvertFunction},
    {"Acosh", ConvertFunction},
    {"ApproximateEqual", ConvertApproximateEqual},
    {"Asin", ConvertFunction},
    {"Asinh", ConvertFunction},
    {"Atan", ConvertFunction},
    {"Atan2", ConvertAtan2},
    {"Atanh", ConvertFunction},
    {"BitwiseAnd", ConvertInteger},
    {"BitwiseOr", ConvertInteger},
    {"BitwiseXor", ConvertInteger},
    {"ClipByValue", ConvertClipByValue},
    {"Cosh", ConvertFunction},
    {"DivNoNan", ConvertZeroWins},
    {"Erfc", ConvertFunction},
    {"FloorMod", ConvertFloorMod},
    {"Invert", ConvertInvert},
    {"IsFinite", ConvertIsFinite},
    {"IsInf", ConvertIsInf},
    {"IsNan", ConvertIsNan},
    {"L2Loss", ConvertL2Loss},
    {"LeftShift", ConvertInteger},
    {"LogicalNot", ConvertLogicalNot},
    {"LogicalXor", ConvertInteger},
    {"Mod", ConvertInteger},
    {"MulNoNan", ConvertZeroWins},
    {"RightShift", ConvertInteger},
    {"Sinh", ConvertFunction},
    {"TruncateDiv", ConvertTruncateDiv},
    {"TruncateMod", ConvertInteger},
    {"Xdivy", ConvertZeroWins},
    {"Xlog1py", ConvertZeroWins},
    {"Xlogy", ConvertZeroWins},
    {nullptr, nullptr},
};

}  // namespace mace
