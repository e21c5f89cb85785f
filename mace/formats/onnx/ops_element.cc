// ONNX's functions and activations of one tensor, element by element.
#include <cmath>
#include <limits>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/onnx/node.h"

namespace mace {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

AttributeMap WithScalar(EltwiseType type, double scalar, int64_t index = 1) {
  AttributeMap attributes = Typed(type);
  attributes.Set("scalar_input", scalar);
  attributes.Set("scalar_input_index", index);
  return attributes;
}

Status EmitFunction(OnnxNode* node, const std::string& function, AttributeMap attributes = {}) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  attributes.Set("function", function);
  return node->EmitResult("Unary", {node->input(0)}, std::move(attributes));
}

Status ConvertFunction(OnnxNode* node) {
  static const auto* const kFunctions = new std::unordered_map<std::string, std::string>{
      {"Acos", "acos"},
      {"Acosh", "acosh"},
      {"Asin", "asin"},
      {"Asinh", "asinh"},
      {"Atan", "atan"},
      {"Atanh", "atanh"},
      {"Ceil", "ceil"},
      {"Cos", "cos"},
      {"Cosh", "cosh"},
      {"Erf", "erf"},
      {"Exp", "exp"},
      {"Floor", "floor"},
      {"HardSwish", "hardswish"},
      {"Log", "log"},
      {"Mish", "mish"},
      {"Reciprocal", "reciprocal"},
      {"Round", "round"},
      {"Sin", "sin"},
      {"Sinh", "sinh"},
      {"Softplus", "softplus"},
      {"Softsign", "softsign"},
      {"Sqrt", "sqrt"},
      {"Tan", "tan"},
  };
  return EmitFunction(node, kFunctions->at(node->op()));
}

// These functions take integers too.
Status ConvertExact(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  const EltwiseType type = node->op() == "Neg"   ? EltwiseType::kNeg
                           : node->op() == "Abs" ? EltwiseType::kAbs
                                                 : EltwiseType::kSign;
  return node->EmitResult("Eltwise", {node->input(0)}, Typed(type));
}

Status ConvertSelu(OnnxNode* node) {
  AttributeMap attributes;
  attributes.Set("alpha", node->Float("alpha", 1.6732632423543772));
  attributes.Set("gamma", node->Float("gamma", 1.0507009873554805));
  return EmitFunction(node, "selu", std::move(attributes));
}

Status ConvertAlpha(OnnxNode* node) {
  AttributeMap attributes;
  attributes.Set("alpha", node->Float("alpha", 1));
  return EmitFunction(node, node->op() == "Celu" ? "celu" : "thresholded_relu",
                      std::move(attributes));
}

Status ConvertGelu(OnnxNode* node) {
  const std::string approximate = node->String("approximate", "none");
  if (approximate != "none" && approximate != "tanh") {
    return Unsupported("approximate: expected none or tanh, found " + Printable(approximate));
  }
  return EmitFunction(node, approximate == "tanh" ? "gelu_tanh" : "gelu");
}

// x * sigmoid(alpha * x).
Status ConvertSwish(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  const double alpha = node->Float("alpha", 1);
  if (alpha == 1) return EmitFunction(node, "silu");
  MACE_ASSIGN_OR_RETURN(ValueId id, node->Emit("/scaled", "Eltwise", {node->input(0)},
                                               WithScalar(EltwiseType::kProd, alpha)));
  AttributeMap sigmoid;
  sigmoid.Set("activation", std::string("SIGMOID"));
  MACE_ASSIGN_OR_RETURN(id, node->Emit("/gate", "Activation", {id}, std::move(sigmoid)));
  return node->EmitResult("Eltwise", {node->input(0), id}, Typed(EltwiseType::kProd));
}

Status EmitActivation(OnnxNode* node, const char* activation, AttributeMap attributes = {}) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  attributes.Set("activation", std::string(activation));
  return node->EmitResult("Activation", {node->input(0)}, std::move(attributes));
}

Status ConvertRelu(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  if (IsFloat(node->dtype(0))) return EmitActivation(node, "RELU");
  return node->EmitResult("Eltwise", {node->input(0)}, WithScalar(EltwiseType::kMax, 0));
}

Status ConvertSigmoid(OnnxNode* node) { return EmitActivation(node, "SIGMOID"); }
Status ConvertTanh(OnnxNode* node) { return EmitActivation(node, "TANH"); }

Status ConvertLeakyRelu(OnnxNode* node) {
  AttributeMap attributes;
  attributes.Set("activation_coefficient", node->Float("alpha", 0.01));
  return EmitActivation(node, "LEAKYRELU", std::move(attributes));
}

Status ConvertElu(OnnxNode* node) {
  AttributeMap attributes;
  attributes.Set("activation_coefficient", node->Float("alpha", 1));
  return EmitActivation(node, "ELU", std::move(attributes));
}

Status ConvertHardSigmoid(OnnxNode* node) {
  AttributeMap attributes;
  attributes.Set("hardsigmoid_alpha", node->Float("alpha", 0.2));
  attributes.Set("hardsigmoid_beta", node->Float("beta", 0.5));
  return EmitActivation(node, "HARDSIGMOID", std::move(attributes));
}

// Whether the slopes, broadcast to x from the last axis on, have one value a channel (axis 1), or
// one for all. Op set 6 has them as [channels] whatever the rank.
bool IsChannelSlope(const Shape& slope, const Shape& x, int64_t opset) {
  if (slope.elements() == 1) return true;
  if (x.rank() < 2 || slope.elements() != x[1]) return false;
  if (opset < 7 && slope.rank() == 1) return true;
  const int from_end = x.rank() - 2;
  return slope.back(from_end) == x[1];
}

// Slopes of any other shape: max(x, 0) + slope * min(x, 0).
Status EmitFreePRelu(OnnxNode* node) {
  MACE_ASSIGN_OR_RETURN(ValueId below, node->Emit("/below", "Eltwise", {node->input(0)},
                                                  WithScalar(EltwiseType::kMin, 0)));
  MACE_ASSIGN_OR_RETURN(
      below, node->Emit("/sloped", "Eltwise", {below, node->input(1)}, Typed(EltwiseType::kProd)));
  MACE_ASSIGN_OR_RETURN(const ValueId above, node->Emit("/above", "Eltwise", {node->input(0)},
                                                        WithScalar(EltwiseType::kMax, 0)));
  return node->EmitResult("Eltwise", {above, below}, Typed(EltwiseType::kSum));
}

Status ConvertPRelu(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 2));
  const Shape x = node->shape(0), slope = node->shape(1);
  const bool floats = IsFloat(node->dtype(0)) && IsFloat(node->dtype(1));
  if (!floats || !IsChannelSlope(slope, x, node->opset())) return EmitFreePRelu(node);
  MACE_ASSIGN_OR_RETURN(const ValueId slopes,
                        node->builder()->Reshape(node->input(1), {slope.elements()}));
  AttributeMap attributes;
  attributes.Set("activation", std::string("PRELU"));
  if (slope.elements() == 1) {
    return node->EmitResult("Activation", {node->input(0), slopes}, std::move(attributes));
  }
  return node->EmitChannelsLast("Activation", {node->input(0), slopes}, std::move(attributes));
}

struct Bounds {
  double low = -kInfinity;
  double high = kInfinity;
  bool known = true;  // Whether both are known at import, or not given.
};

StatusOr<Bounds> ReadBounds(const OnnxNode& node) {
  Bounds bounds;
  if (node.opset() < 11) {
    bounds.low = node.Float("min", -kInfinity);
    bounds.high = node.Float("max", kInfinity);
    return bounds;
  }
  for (size_t i : {size_t{1}, size_t{2}}) {
    if (!node.HasInput(i)) continue;
    if (node.Constant(i) == nullptr) {
      bounds.known = false;
      continue;
    }
    MACE_ASSIGN_OR_RETURN(const double bound, node.Real(i));
    (i == 1 ? bounds.low : bounds.high) = bound;
  }
  return bounds;
}

// min(max(x, low), high) with tensors.
Status EmitFreeClip(OnnxNode* node) {
  ValueId id = node->input(0);
  for (size_t i : {size_t{1}, size_t{2}}) {
    if (!node->HasInput(i)) continue;
    MACE_ASSIGN_OR_RETURN(id, node->Emit("", "Eltwise", {id, node->input(i)},
                                         Typed(i == 1 ? EltwiseType::kMax : EltwiseType::kMin)));
  }
  node->SetResult(id);
  return Status::Ok();
}

Status ConvertClip(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 3));
  MACE_ASSIGN_OR_RETURN(const Bounds bounds, ReadBounds(*node));
  if (!bounds.known || !IsFloat(node->dtype(0)) || bounds.low > bounds.high) {
    return EmitFreeClip(node);
  }
  AttributeMap attributes;
  // The forms that go into the op before.
  if (bounds.low == 0) {
    attributes.Set("activation", std::string(bounds.high == kInfinity ? "RELU" : "RELUX"));
    attributes.Set("max_limit", bounds.high);
    return node->EmitResult("Activation", {node->input(0)}, std::move(attributes));
  }
  attributes = Typed(EltwiseType::kClip);
  attributes.Set("coeff", std::vector<double>{bounds.low, bounds.high});
  return node->EmitResult("Eltwise", {node->input(0)}, std::move(attributes));
}

// x below -lambd moves up by the bias, x above lambd down, the rest is 0.
Status ConvertShrink(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  const double lambda = node->Float("lambd", 0.5), bias = node->Float("bias", 0);
  const ValueId x = node->input(0);
  const DType dtype = IsFloat(node->dtype(0)) ? DType::kFloat32 : node->dtype(0);
  MACE_ASSIGN_OR_RETURN(HostTensor none, HostTensor::Allocate({dtype, Shape()}));
  ValueId y = node->AddConstant("/zero", std::move(none));
  for (double sign : {-1.0, 1.0}) {
    MACE_ASSIGN_OR_RETURN(
        const ValueId mask,
        node->Emit(
            "/mask", "Eltwise", {x},
            WithScalar(sign < 0 ? EltwiseType::kLess : EltwiseType::kGreater, sign * lambda)));
    MACE_ASSIGN_OR_RETURN(
        const ValueId moved,
        node->Emit("/moved", "Eltwise", {x}, WithScalar(EltwiseType::kSub, sign * bias)));
    MACE_ASSIGN_OR_RETURN(y, node->Emit("", "Where", {mask, moved, y}));
  }
  node->SetResult(y);
  return Status::Ok();
}

Status ConvertIsNan(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  return node->EmitResult("Eltwise", {node->input(0), node->input(0)},
                          Typed(EltwiseType::kNotEqual));
}

Status ConvertIsInf(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  const bool positive = node->Int("detect_positive", 1) != 0;
  const bool negative = node->Int("detect_negative", 1) != 0;
  ValueId x = node->input(0);
  if (positive && negative) {
    MACE_ASSIGN_OR_RETURN(x, node->Emit("/abs", "Eltwise", {x}, Typed(EltwiseType::kAbs)));
  }
  if (!positive && !negative)
    return node->EmitResult("Eltwise", {x}, WithScalar(EltwiseType::kLess, -kInfinity));
  return node->EmitResult("Eltwise", {x},
                          WithScalar(EltwiseType::kEqual, positive ? kInfinity : -kInfinity));
}

Status ConvertNot(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  return node->EmitResult("Eltwise", {node->input(0)}, WithScalar(EltwiseType::kEqual, 0));
}

// -1 - x: all bits the other way round.
Status ConvertBitwiseNot(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  return node->EmitResult("Eltwise", {node->input(0)}, WithScalar(EltwiseType::kSub, -1, 0));
}

}  // namespace

const OnnxConverterEntry kOnnxElementConverters[] = {
    {"Abs", ConvertExact},
    {"Acos", ConvertFunction},
    {"Acosh", ConvertFunction},
    {"Asin", ConvertFunction},
    {"Asinh", ConvertFunction},
    {"Atan", ConvertFunction},
    {"Atanh", ConvertFunction},
    {"BitwiseNot", ConvertBitwiseNot},
    {"Ceil", ConvertFunction},
    {"Celu", ConvertAlpha},
    {"Clip", ConvertClip},
    {"Cos", ConvertFunction},
    {"Cosh", ConvertFunction},
    {"Elu", ConvertElu},
    {"Erf", ConvertFunction},
    {"Exp", ConvertFunction},
    {"Floor", ConvertFunction},
    {"Gelu", ConvertGelu},
    {"HardSigmoid", ConvertHardSigmoid},
    {"HardSwish", ConvertFunction},
    {"IsInf", ConvertIsInf},
    {"IsNaN", ConvertIsNan},
    {"LeakyRelu", ConvertLeakyRelu},
    {"Log", ConvertFunction},
    {"Mish", ConvertFunction},
    {"Neg", ConvertExact},
    {"Not", ConvertNot},
    {"PRelu", ConvertPRelu},
    {"Reciprocal", ConvertFunction},
    {"Relu", ConvertRelu},
    {"Round", ConvertFunction},
    {"Selu", ConvertSelu},
    {"Shrink", ConvertShrink},
    {"Sigmoid", ConvertSigmoid},
    {"Sign", ConvertExact},
    {"Sin", ConvertFunction},
    {"Sinh", ConvertFunction},
    {"Softplus", ConvertFunction},
    {"Softsign", ConvertFunction},
    {"Sqrt", ConvertFunction},
    {"Swish", ConvertSwish},
    {"Tan", ConvertFunction},
    {"Tanh", ConvertTanh},
    {"ThresholdedRelu", ConvertAlpha},
    {nullptr, nullptr},
};

}  // namespace mace
