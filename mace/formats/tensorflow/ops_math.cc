// Element by element, matrix products and reductions: TensorFlow's arithmetic.
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mace/formats/common/emit.h"
#include "mace/formats/tensorflow/node.h"

namespace mace {
namespace {

// The type of Eltwise, by TensorFlow's op.
EltwiseType EltwiseTypeOf(const std::string& op) {
  static const auto* const kTypes = new std::unordered_map<std::string, EltwiseType>{
      {"Add", EltwiseType::kSum},           {"AddV2", EltwiseType::kSum},
      {"Sub", EltwiseType::kSub},           {"Mul", EltwiseType::kProd},
      {"Div", EltwiseType::kDiv},           {"RealDiv", EltwiseType::kDiv},
      {"Minimum", EltwiseType::kMin},       {"Maximum", EltwiseType::kMax},
      {"Neg", EltwiseType::kNeg},           {"Abs", EltwiseType::kAbs},
      {"Pow", EltwiseType::kPow},           {"SquaredDifference", EltwiseType::kSqrDiff},
      {"Equal", EltwiseType::kEqual},       {"Sign", EltwiseType::kSign},
      {"FloorDiv", EltwiseType::kFloorDiv}, {"NotEqual", EltwiseType::kNotEqual},
      {"Less", EltwiseType::kLess},         {"LessEqual", EltwiseType::kLessEqual},
      {"Greater", EltwiseType::kGreater},   {"GreaterEqual", EltwiseType::kGreaterEqual},
      {"LogicalAnd", EltwiseType::kAnd},    {"LogicalOr", EltwiseType::kOr},
  };
  return kTypes->at(op);
}

// One number that is known and of float type becomes an attribute: the other operand then runs
// through one plain loop.
bool IsFloatScalar(const TfNode& node, size_t index, float* value) {
  const HostTensor* tensor = node.builder()->ConstantOf(node.input(index));
  if (tensor == nullptr || !IsFloat(tensor->dtype()) || tensor->shape().rank() != 0) return false;
  *value = ToFloatVector(*tensor)[0];
  return true;
}

Status ConvertBinary(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  AttributeMap attributes = Typed(EltwiseTypeOf(node->def().op()));
  float scalar = 0;
  for (size_t index : {size_t{1}, size_t{0}}) {
    if (!IsFloatScalar(*node, index, &scalar)) continue;
    attributes.Set("scalar_input", double{scalar});
    attributes.Set("scalar_input_index", static_cast<int64_t>(index));
    return node->EmitResult("Eltwise", {node->input(1 - index)}, std::move(attributes));
  }
  return node->EmitResult("Eltwise", {node->input(0), node->input(1)}, std::move(attributes));
}

Status ConvertUnaryEltwise(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  return node->EmitResult("Eltwise", {node->input(0)}, Typed(EltwiseTypeOf(node->def().op())));
}

Status ConvertUnary(TfNode* node) {
  static const auto* const kFunctions = new std::unordered_map<std::string, std::string>{
      {"Ceil", "ceil"},         {"Cos", "cos"},
      {"Erf", "erf"},           {"Exp", "exp"},
      {"Expm1", "expm1"},       {"Floor", "floor"},
      {"Inv", "reciprocal"},    {"Log", "log"},
      {"Log1p", "log1p"},       {"Reciprocal", "reciprocal"},
      {"Rint", "round"},        {"Round", "round"},
      {"Rsqrt", "rsqrt"},       {"Selu", "selu"},
      {"Sin", "sin"},           {"Softplus", "softplus"},
      {"Softsign", "softsign"}, {"Sqrt", "sqrt"},
      {"Square", "square"},     {"Tan", "tan"},
  };
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  AttributeMap attributes;
  attributes.Set("function", kFunctions->at(node->def().op()));
  return node->EmitResult("Unary", {node->input(0)}, std::move(attributes));
}

Status EmitActivation(TfNode* node, const char* activation, AttributeMap attributes = {}) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  attributes.Set("activation", std::string(activation));
  return node->EmitResult("Activation", {node->input(0)}, std::move(attributes));
}

Status ConvertRelu(TfNode* node) { return EmitActivation(node, "RELU"); }
Status ConvertSigmoid(TfNode* node) { return EmitActivation(node, "SIGMOID"); }
Status ConvertTanh(TfNode* node) { return EmitActivation(node, "TANH"); }

Status ConvertRelu6(TfNode* node) {
  AttributeMap attributes;
  attributes.Set("max_limit", 6.0);
  return EmitActivation(node, "RELUX", std::move(attributes));
}

Status ConvertLeakyRelu(TfNode* node) {
  AttributeMap attributes;
  attributes.Set("activation_coefficient", node->Float("alpha", 0.2));
  return EmitActivation(node, "LEAKYRELU", std::move(attributes));
}

Status ConvertElu(TfNode* node) {
  AttributeMap attributes;
  attributes.Set("activation_coefficient", 1.0);
  return EmitActivation(node, "ELU", std::move(attributes));
}

Status ConvertSoftmax(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  AttributeMap attributes;
  attributes.Set("axis", int64_t{-1});
  if (node->def().op() == "LogSoftmax") attributes.Set("use_log", int64_t{1});
  return node->EmitResult("Softmax", {node->input(0)}, std::move(attributes));
}

Status ConvertAddN(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  return node->EmitResult("AddN", node->inputs(), {});
}

// MatMul says transpose, BatchMatMul adjoint; of real numbers it is the same.
Status ConvertMatMul(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  AttributeMap attributes;
  attributes.Set("transpose_a",
                 int64_t{node->Bool("transpose_a", false) || node->Bool("adj_x", false)});
  attributes.Set("transpose_b",
                 int64_t{node->Bool("transpose_b", false) || node->Bool("adj_y", false)});
  return node->EmitResult("MatMul", {node->input(0), node->input(1)}, std::move(attributes));
}

Status ConvertReduce(TfNode* node) {
  static const auto* const kTypes = new std::unordered_map<std::string, int64_t>{
      {"Mean", 0}, {"Min", 1}, {"Max", 2}, {"Prod", 3}, {"Sum", 4}};
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> axes, node->Numbers(1));
  // No axes at all: the tensor itself, where the graph's op would take all of them.
  if (axes.empty()) return node->EmitResult("Identity", {node->input(0)}, {});
  AttributeMap attributes;
  attributes.Set("reduce_type", kTypes->at(node->def().op()));
  attributes.Set("axis", std::move(axes));
  attributes.Set("keepdims", int64_t{node->Bool("keep_dims", false)});
  return node->EmitResult("Reduce", {node->input(0)}, std::move(attributes));
}

Status ConvertArg(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  AttributeMap attributes;
  int64_t axis = 0;
  if (node->input_count() > 1) {
    MACE_ASSIGN_OR_RETURN(axis, node->Number(1));
  }
  attributes.Set("axis", axis);
  attributes.Set("keepdims", int64_t{0});
  attributes.Set("argmin", int64_t{node->def().op() == "ArgMin"});
  // int64 results are int32 here, as all of the importer's integers are.
  return node->EmitResult("ArgMax", {node->input(0)}, std::move(attributes));
}

Status ConvertCumsum(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  AttributeMap attributes;
  MACE_ASSIGN_OR_RETURN(const int64_t axis, node->Number(1));
  attributes.Set("axis", axis);
  attributes.Set("exclusive", int64_t{node->Bool("exclusive", false)});
  attributes.Set("reverse", int64_t{node->Bool("reverse", false)});
  return node->EmitResult("Cumsum", {node->input(0)}, std::move(attributes));
}

}  // namespace

const TfConverterEntry kTfMathConverters[] = {
    {"Abs", ConvertUnaryEltwise},
    {"Add", ConvertBinary},
    {"AddN", ConvertAddN},
    {"AddV2", ConvertBinary},
    {"ArgMax", ConvertArg},
    {"ArgMin", ConvertArg},
    {"BatchMatMul", ConvertMatMul},
    {"BatchMatMulV2", ConvertMatMul},
    {"BatchMatMulV3", ConvertMatMul},
    {"Ceil", ConvertUnary},
    {"Cos", ConvertUnary},
    {"Cumsum", ConvertCumsum},
    {"Div", ConvertBinary},
    {"Elu", ConvertElu},
    {"Equal", ConvertBinary},
    {"Erf", ConvertUnary},
    {"Exp", ConvertUnary},
    {"Expm1", ConvertUnary},
    {"Floor", ConvertUnary},
    {"FloorDiv", ConvertBinary},
    {"Greater", ConvertBinary},
    {"GreaterEqual", ConvertBinary},
    {"Inv", ConvertUnary},
    {"LeakyRelu", ConvertLeakyRelu},
    {"Less", ConvertBinary},
    {"LessEqual", ConvertBinary},
    {"Log", ConvertUnary},
    {"Log1p", ConvertUnary},
    {"LogSoftmax", ConvertSoftmax},
    {"LogicalAnd", ConvertBinary},
    {"LogicalOr", ConvertBinary},
    {"MatMul", ConvertMatMul},
    {"Max", ConvertReduce},
    {"Maximum", ConvertBinary},
    {"Mean", ConvertReduce},
    {"Min", ConvertReduce},
    {"Minimum", ConvertBinary},
    {"Mul", ConvertBinary},
    {"Neg", ConvertUnaryEltwise},
    {"NotEqual", ConvertBinary},
    {"Pow", ConvertBinary},
    {"Prod", ConvertReduce},
    {"RealDiv", ConvertBinary},
    {"Reciprocal", ConvertUnary},
    {"Relu", ConvertRelu},
    {"Relu6", ConvertRelu6},
    {"Rint", ConvertUnary},
    {"Round", ConvertUnary},
    {"Rsqrt", ConvertUnary},
    {"Selu", ConvertUnary},
    {"Sigmoid", ConvertSigmoid},
    {"Sign", ConvertUnaryEltwise},
    {"Sin", ConvertUnary},
    {"Softmax", ConvertSoftmax},
    {"Softplus", ConvertUnary},
    {"Softsign", ConvertUnary},
    {"Sqrt", ConvertUnary},
    {"Square", ConvertUnary},
    {"SquaredDifference", ConvertBinary},
    {"Sub", ConvertBinary},
    {"Sum", ConvertReduce},
    {"Tan", ConvertUnary},
    {"Tanh", ConvertTanh},
    {nullptr, nullptr},
};

}  // namespace mace
