// Element by element: TensorFlow Lite's arithmetic, comparisons, choices and activations.
#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "mace/formats/tflite/node.h"

namespace mace {
namespace {

using Code = tflite::BuiltinOperator;

// TensorFlow's name of an operator that is the same there.
std::string NameInTensorFlow(Code code) {
  static const auto* const kNames = new std::map<Code, std::string>{
      {tflite::BuiltinOperator_ABS, "Abs"},
      {tflite::BuiltinOperator_ADD, "AddV2"},
      {tflite::BuiltinOperator_ADD_N, "AddN"},
      {tflite::BuiltinOperator_ATAN2, "Atan2"},
      {tflite::BuiltinOperator_BITWISE_XOR, "BitwiseXor"},
      {tflite::BuiltinOperator_CEIL, "Ceil"},
      {tflite::BuiltinOperator_COS, "Cos"},
      {tflite::BuiltinOperator_DIV, "Div"},
      {tflite::BuiltinOperator_ELU, "Elu"},
      {tflite::BuiltinOperator_EQUAL, "Equal"},
      {tflite::BuiltinOperator_EXP, "Exp"},
      {tflite::BuiltinOperator_FLOOR, "Floor"},
      {tflite::BuiltinOperator_FLOOR_DIV, "FloorDiv"},
      {tflite::BuiltinOperator_FLOOR_MOD, "FloorMod"},
      {tflite::BuiltinOperator_GREATER, "Greater"},
      {tflite::BuiltinOperator_GREATER_EQUAL, "GreaterEqual"},
      {tflite::BuiltinOperator_LESS, "Less"},
      {tflite::BuiltinOperator_LESS_EQUAL, "LessEqual"},
      {tflite::BuiltinOperator_LOG, "Log"},
      {tflite::BuiltinOperator_LOGICAL_AND, "LogicalAnd"},
      {tflite::BuiltinOperator_LOGICAL_NOT, "LogicalNot"},
      {tflite::BuiltinOperator_LOGICAL_OR, "LogicalOr"},
      {tflite::BuiltinOperator_LOGISTIC, "Sigmoid"},
      {tflite::BuiltinOperator_LOG_SOFTMAX, "LogSoftmax"},
      {tflite::BuiltinOperator_MAXIMUM, "Maximum"},
      {tflite::BuiltinOperator_MINIMUM, "Minimum"},
      {tflite::BuiltinOperator_MUL, "Mul"},
      {tflite::BuiltinOperator_NEG, "Neg"},
      {tflite::BuiltinOperator_NOT_EQUAL, "NotEqual"},
      {tflite::BuiltinOperator_POW, "Pow"},
      {tflite::BuiltinOperator_RIGHT_SHIFT, "RightShift"},
      {tflite::BuiltinOperator_ROUND, "Round"},
      {tflite::BuiltinOperator_RSQRT, "Rsqrt"},
      {tflite::BuiltinOperator_SELECT, "Select"},
      {tflite::BuiltinOperator_SELECT_V2, "SelectV2"},
      {tflite::BuiltinOperator_SIGN, "Sign"},
      {tflite::BuiltinOperator_SIN, "Sin"},
      {tflite::BuiltinOperator_SQRT, "Sqrt"},
      {tflite::BuiltinOperator_SQUARE, "Square"},
      {tflite::BuiltinOperator_SQUARED_DIFFERENCE, "SquaredDifference"},
      {tflite::BuiltinOperator_SUB, "Sub"},
      {tflite::BuiltinOperator_TANH, "Tanh"},
  };
  return kNames->at(code);
}

Status ConvertUnary(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  return node->ConvertAs(TfliteTfOp(NameInTensorFlow(node->code())));
}

Status ConvertBinary(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  return node->ConvertAs(TfliteTfOp(NameInTensorFlow(node->code())));
}

Status ConvertChoice(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3));
  return node->ConvertAs(TfliteTfOp(NameInTensorFlow(node->code())));
}

Status ConvertAddN(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(std::max<size_t>(1, node->input_count())));
  return node->ConvertAs(TfliteTfOp("AddN"));
}

// Arithmetic that may have an activation behind it.
template <typename Options>
Status ConvertArithmetic(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  MACE_ASSIGN_OR_RETURN(const auto* options, node->OptionsOf<Options>());
  MACE_RETURN_IF_ERROR(ConvertBinary(node));
  return node->SetActivated(node->results()[0], options->fused_activation_function());
}

Status ConvertRelu(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  const Code code = node->code();
  const auto activation = code == tflite::BuiltinOperator_RELU ? tflite::ActivationFunctionType_RELU
                          : code == tflite::BuiltinOperator_RELU6
                              ? tflite::ActivationFunctionType_RELU6
                              : tflite::ActivationFunctionType_RELU_N1_TO_1;
  return node->SetActivated(node->input(0), activation);
}

Status ConvertRelu01(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  return node->SetResult(EmitClipped(node, node->input(0), 0, 1));
}

Status ConvertLeakyRelu(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  MACE_ASSIGN_OR_RETURN(const auto* options, node->OptionsOf<tflite::LeakyReluOptions>());
  return node->ConvertAs(TfliteTfOp("LeakyRelu").Float("alpha", double{options->alpha()}));
}

// Slopes of any shape that broadcasts; those of the last axis, and one for all, are one op.
Status ConvertPrelu(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  const ValueId x = node->input(0);
  ValueId slopes = node->input(1);
  const Shape shape = node->shape(0), slope_shape = node->shape(1);
  const int64_t count = slope_shape.elements();
  const bool per_channel = count == 1 || (slope_shape.rank() >= 1 && shape.rank() >= 1 &&
                                          slope_shape.rank() <= shape.rank() &&
                                          slope_shape.back(0) == count && shape.back(0) == count);
  if (per_channel) {
    MACE_ASSIGN_OR_RETURN(slopes, node->builder()->Reshape(slopes, {count}));
    AttributeMap attributes;
    attributes.Set("activation", std::string("PRELU"));
    return node->SetResult(node->Emit("", "Activation", {x, slopes}, std::move(attributes)));
  }
  MACE_ASSIGN_OR_RETURN(const ValueId above, EmitEltwise(node, EltwiseType::kMax, x, 0.0));
  MACE_ASSIGN_OR_RETURN(ValueId below, EmitEltwise(node, EltwiseType::kMin, x, 0.0));
  MACE_ASSIGN_OR_RETURN(below, EmitEltwise(node, EltwiseType::kProd, below, slopes));
  return node->SetResult(EmitEltwise(node, EltwiseType::kSum, above, below));
}

Status ConvertGelu(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  MACE_ASSIGN_OR_RETURN(const auto* options, node->OptionsOf<tflite::GeluOptions>());
  AttributeMap attributes;
  attributes.Set("function", std::string("gelu"));
  if (options->approximate()) attributes.Set("approximate", std::string("tanh"));
  return node->SetResult(node->Emit("", "Unary", {node->input(0)}, std::move(attributes)));
}

// x * min(max(x + 3, 0), 6) / 6.
Status ConvertHardSwish(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  AttributeMap attributes;
  attributes.Set("activation", std::string("HARDSWISH"));
  return node->SetResult(node->Emit("", "Activation", {node->input(0)}, std::move(attributes)));
}

Status ConvertSoftmax(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  MACE_ASSIGN_OR_RETURN(const auto* options, node->OptionsOf<tflite::SoftmaxOptions>());
  ValueId x = node->input(0);
  if (options->beta() != 1) {
    MACE_ASSIGN_OR_RETURN(x, EmitEltwise(node, EltwiseType::kProd, x, double{options->beta()}));
  }
  return node->ConvertAs(TfliteTfOp("Softmax"), {x});
}

// The reals stay as they are; a quantized result is rounded afterwards.
Status ConvertPassThrough(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  const tflite::TensorType to = node->output_place(0).tensor->type();
  const bool reads = node->input_place(0).is_quantized() || IsFloat(node->dtype(0));
  const bool writes = node->output_place(0).is_quantized() || IsFloat(TfliteGraphType(to));
  if (!reads || !writes) {
    return Unsupported("expected floats and quantized tensors, found " +
                       TfliteTypeName(node->input_place(0).tensor->type()) + " and " +
                       TfliteTypeName(to));
  }
  return node->SetResult(node->input(0));
}

tf::DataType TypeInTensorFlow(tflite::TensorType type) {
  switch (type) {
    case tflite::TensorType_FLOAT32:
      return tf::DT_FLOAT;
    case tflite::TensorType_FLOAT64:
      return tf::DT_DOUBLE;
    case tflite::TensorType_INT32:
      return tf::DT_INT32;
    case tflite::TensorType_INT64:
      return tf::DT_INT64;
    case tflite::TensorType_INT8:
      return tf::DT_INT8;
    case tflite::TensorType_UINT8:
      return tf::DT_UINT8;
    case tflite::TensorType_BOOL:
      return tf::DT_BOOL;
    default:
      return tf::DT_INVALID;  // Wider in the graph, or rounded there: the cast would be another.
  }
}

Status ConvertCast(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  const tflite::TensorType to = node->output_place(0).tensor->type();
  if (node->AnyIsQuantized()) return Unsupported("expected tensors without scales, found one");
  if (TypeInTensorFlow(to) == tf::DT_INVALID) {
    return Unsupported(
        "out_data_type: expected FLOAT32, FLOAT64, INT32, INT64, INT8, UINT8 or "
        "BOOL, found " +
        TfliteTypeName(to));
  }
  return node->ConvertAs(TfliteTfOp("Cast").Type("DstT", TypeInTensorFlow(to)));
}

}  // namespace

const TfliteConverterEntry kTfliteElementConverters[] = {
    {tflite::BuiltinOperator_ABS, ConvertUnary},
    {tflite::BuiltinOperator_ADD, ConvertArithmetic<tflite::AddOptions>},
    {tflite::BuiltinOperator_ADD_N, ConvertAddN},
    {tflite::BuiltinOperator_ATAN2, ConvertBinary},
    {tflite::BuiltinOperator_BITWISE_XOR, ConvertBinary},
    {tflite::BuiltinOperator_CAST, ConvertCast},
    {tflite::BuiltinOperator_CEIL, ConvertUnary},
    {tflite::BuiltinOperator_COS, ConvertUnary},
    {tflite::BuiltinOperator_DEQUANTIZE, ConvertPassThrough},
    {tflite::BuiltinOperator_DIV, ConvertArithmetic<tflite::DivOptions>},
    {tflite::BuiltinOperator_ELU, ConvertUnary},
    {tflite::BuiltinOperator_EQUAL, ConvertBinary},
    {tflite::BuiltinOperator_EXP, ConvertUnary},
    {tflite::BuiltinOperator_FLOOR, ConvertUnary},
    {tflite::BuiltinOperator_FLOOR_DIV, ConvertBinary},
    {tflite::BuiltinOperator_FLOOR_MOD, ConvertBinary},
    {tflite::BuiltinOperator_GELU, ConvertGelu},
    {tflite::BuiltinOperator_GREATER, ConvertBinary},
    {tflite::BuiltinOperator_GREATER_EQUAL, ConvertBinary},
    {tflite::BuiltinOperator_HARD_SWISH, ConvertHardSwish},
    {tflite::BuiltinOperator_LEAKY_RELU, ConvertLeakyRelu},
    {tflite::BuiltinOperator_LESS, ConvertBinary},
    {tflite::BuiltinOperator_LESS_EQUAL, ConvertBinary},
    {tflite::BuiltinOperator_LOG, ConvertUnary},
    {tflite::BuiltinOperator_LOGICAL_AND, ConvertBinary},
    {tflite::BuiltinOperator_LOGICAL_NOT, ConvertUnary},
    {tflite::BuiltinOperator_LOGICAL_OR, ConvertBinary},
    {tflite::BuiltinOperator_LOGISTIC, ConvertUnary},
    {tflite::BuiltinOperator_LOG_SOFTMAX, ConvertUnary},
    {tflite::BuiltinOperator_MAXIMUM, ConvertBinary},
    {tflite::BuiltinOperator_MINIMUM, ConvertBinary},
    {tflite::BuiltinOperator_MUL, ConvertArithmetic<tflite::MulOptions>},
    {tflite::BuiltinOperator_NEG, ConvertUnary},
    {tflite::BuiltinOperator_NOT_EQUAL, ConvertBinary},
    {tflite::BuiltinOperator_POW, ConvertBinary},
    {tflite::BuiltinOperator_PRELU, ConvertPrelu},
    {tflite::BuiltinOperator_QUANTIZE, ConvertPassThrough},
    {tflite::BuiltinOperator_RELU, ConvertRelu},
    {tflite::BuiltinOperator_RELU6, ConvertRelu},
    {tflite::BuiltinOperator_RELU_0_TO_1, ConvertRelu01},
    {tflite::BuiltinOperator_RELU_N1_TO_1, ConvertRelu},
    {tflite::BuiltinOperator_RIGHT_SHIFT, ConvertBinary},
    {tflite::BuiltinOperator_ROUND, ConvertUnary},
    {tflite::BuiltinOperator_RSQRT, ConvertUnary},
    {tflite::BuiltinOperator_SELECT, ConvertChoice},
    {tflite::BuiltinOperator_SELECT_V2, ConvertChoice},
    {tflite::BuiltinOperator_SIGN, ConvertUnary},
    {tflite::BuiltinOperator_SIN, ConvertUnary},
    {tflite::BuiltinOperator_SOFTMAX, ConvertSoftmax},
    {tflite::BuiltinOperator_SQRT, ConvertUnary},
    {tflite::BuiltinOperator_SQUARE, ConvertUnary},
    {tflite::BuiltinOperator_SQUARED_DIFFERENCE, ConvertBinary},
    {tflite::BuiltinOperator_SUB, ConvertArithmetic<tflite::SubOptions>},
    {tflite::BuiltinOperator_TANH, ConvertUnary},
    {tflite::BuiltinOperator_ADD, nullptr},
};

}  // namespace mace
