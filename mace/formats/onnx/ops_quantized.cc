// Ops whose inputs and result are quantized: each is the op of floats on the
// reals of its inputs, and its result is rounded to the result's scale. The
// passes make integer convolutions of such chains where a device has kernels
// for them.
//
// The sums are those of the op of floats: on the CPU in double between blocks
// of 128 products, on a device in float32. A result may therefore be one step
// away from that of exact sums where it lies within 1e-6 of the middle between
// two steps.
#include <string>
#include <utility>
#include <vector>

#include "mace/formats/onnx/emit.h"
#include "mace/formats/onnx/emit_quantized.h"

namespace mace {
namespace {

// Input `index`, whose scale and zero point are the inputs behind it, as its
// reals. `axis`: of a scale for each of several places.
StatusOr<ValueId> ReadReals(OnnxNode* node, size_t index, int64_t axis = 0) {
  OnnxQuantizationInputs inputs;
  inputs.scale = index + 1;
  inputs.zero_point = index + 2;
  inputs.axis = axis;
  MACE_ASSIGN_OR_RETURN(const OnnxQuantization by,
                        BindOnnxQuantization(*node, node->shape(index), inputs));
  return EmitDequantized(node, index, by);
}

// Rounds the reals y to the scale of input `scale` and the zero point behind
// it. Without a zero point the result has the type of input 0.
Status RoundResult(OnnxNode* node, ValueId y, size_t scale) {
  OnnxQuantizationInputs inputs;
  inputs.scale = scale;
  inputs.zero_point = scale + 1;
  const Shape shape = node->builder()->ShapeOf(y);
  MACE_ASSIGN_OR_RETURN(const OnnxQuantization by, BindOnnxQuantization(*node, shape, inputs));
  const size_t typed = node->HasInput(scale + 1) ? scale + 1 : 0;
  return SetQuantizedResult(node, y, by, OnnxTypeOfInput(*node, typed));
}

// A bias of int32, in steps of the products' scale: that of a times that of b,
// times `factor`.
StatusOr<ValueId> ReadBias(OnnxNode* node, size_t bias, size_t scale_a, size_t scale_b,
                           double factor = 1) {
  MACE_ASSIGN_OR_RETURN(ValueId scale, EmitEltwise(node, EltwiseType::kProd, node->input(scale_b),
                                                   node->input(scale_a)));
  if (factor != 1) {
    MACE_ASSIGN_OR_RETURN(scale, EmitEltwise(node, EltwiseType::kProd, scale, factor));
  }
  MACE_ASSIGN_OR_RETURN(const ValueId numbers, EmitCast(node, node->input(bias), DType::kFloat32));
  return EmitEltwise(node, EltwiseType::kProd, numbers, scale);
}

// x, its scale and zero point, w and its own, those of y, bias.
Status ConvertQuantizedConv(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(8, 9));
  MACE_ASSIGN_OR_RETURN(const ValueId x, ReadReals(node, 0));
  MACE_ASSIGN_OR_RETURN(const ValueId w, ReadReals(node, 3));
  std::vector<ValueId> inputs = {x, w};
  if (node->HasInput(8)) {
    MACE_ASSIGN_OR_RETURN(const ValueId bias, ReadBias(node, 8, 1, 4));
    inputs.push_back(bias);
  }
  MACE_ASSIGN_OR_RETURN(const ValueId y, node->ConvertAs("Conv", std::move(inputs)));
  return RoundResult(node, y, 6);
}

// a with a scale for each row, b with one for each column.
Status ConvertQuantizedMatMul(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(8, 8));
  MACE_ASSIGN_OR_RETURN(const ValueId a, ReadReals(node, 0, -2));
  MACE_ASSIGN_OR_RETURN(const ValueId b, ReadReals(node, 3, -1));
  MACE_ASSIGN_OR_RETURN(const ValueId y, EmitMatMul(node, a, b, false));
  return RoundResult(node, y, 6);
}

// a and b with their scales and zero points, c; where the scale of y is not
// given y is floats.
Status ConvertQuantizedGemm(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(6, 9));
  const double alpha = node->Float("alpha", 1);
  MACE_ASSIGN_OR_RETURN(const ValueId a, ReadReals(node, 0));
  MACE_ASSIGN_OR_RETURN(const ValueId b, ReadReals(node, 3, node->Int("transB", 0) != 0 ? 0 : 1));
  std::vector<ValueId> inputs = {a, b};
  if (node->HasInput(6)) {
    MACE_ASSIGN_OR_RETURN(const ValueId bias, ReadBias(node, 6, 1, 4, alpha));
    inputs.push_back(bias);
  }
  MACE_ASSIGN_OR_RETURN(const ValueId y, node->ConvertAs("Gemm", std::move(inputs)));
  if (node->HasInput(7)) return RoundResult(node, y, 7);
  node->SetResult(y);
  return Status::Ok();
}

// a and b with their scales and zero points, and those of y.
Status ConvertQuantizedBinary(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(7, 8));
  MACE_ASSIGN_OR_RETURN(const ValueId a, ReadReals(node, 0));
  MACE_ASSIGN_OR_RETURN(const ValueId b, ReadReals(node, 3));
  const bool adds = node->op() == "QLinearAdd";
  MACE_ASSIGN_OR_RETURN(const ValueId y, node->ConvertAs(adds ? "Add" : "Mul", {a, b}));
  return RoundResult(node, y, 6);
}

// Scale and zero point of y, then each part with its own.
Status ConvertQuantizedConcat(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(4));
  std::vector<ValueId> parts;
  for (size_t i = 2; i < node->input_count(); i += 3) {
    if (!node->HasInput(i) || !node->HasInput(i + 1)) {
      return InvalidArgument("expected a tensor, a scale and a zero point for each part, found " +
                             std::to_string(node->input_count()) + " inputs");
    }
    MACE_ASSIGN_OR_RETURN(const ValueId part, ReadReals(node, i));
    parts.push_back(part);
  }
  MACE_ASSIGN_OR_RETURN(const ValueId y, node->ConvertAs("Concat", std::move(parts)));
  OnnxQuantizationInputs inputs;
  inputs.scale = 0;
  inputs.zero_point = 1;
  const Shape shape = node->builder()->ShapeOf(y);
  MACE_ASSIGN_OR_RETURN(const OnnxQuantization by, BindOnnxQuantization(*node, shape, inputs));
  return SetQuantizedResult(node, y, by, OnnxTypeOfInput(*node, node->HasInput(1) ? 1 : 2));
}

// One tensor with its scale and zero point, and those of y. `opset`: of the op
// of floats; 0: the model's.
Status ConvertQuantizedUnary(OnnxNode* node, const std::string& op, int64_t opset = 0) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(4, 5));
  MACE_ASSIGN_OR_RETURN(const ValueId x, ReadReals(node, 0));
  MACE_ASSIGN_OR_RETURN(const ValueId y, node->ConvertAs(op, {x}, opset));
  return RoundResult(node, y, 3);
}

Status ConvertQuantizedPool(OnnxNode* node, const std::string& op) {
  if (node->Int("channels_last", 0) != 0) {
    return Unsupported("channels_last: expected 0, found " +
                       std::to_string(node->Int("channels_last", 0)));
  }
  return ConvertQuantizedUnary(node, op);
}

Status ConvertQuantizedAveragePool(OnnxNode* node) {
  return ConvertQuantizedPool(node, "AveragePool");
}
Status ConvertQuantizedGlobalAveragePool(OnnxNode* node) {
  return ConvertQuantizedPool(node, "GlobalAveragePool");
}
Status ConvertQuantizedLeakyRelu(OnnxNode* node) {
  return ConvertQuantizedUnary(node, "LeakyRelu");
}
Status ConvertQuantizedSigmoid(OnnxNode* node) { return ConvertQuantizedUnary(node, "Sigmoid"); }

// The attribute says the version of Softmax that is meant.
Status ConvertQuantizedSoftmax(OnnxNode* node) {
  const int64_t opset = node->Int("opset", 0);
  if (opset < 0) {
    return InvalidArgument("opset: expected a version, found " + std::to_string(opset));
  }
  return ConvertQuantizedUnary(node, "Softmax", opset);
}

}  // namespace

const OnnxConverterEntry kOnnxQuantizedConverters[] = {
    {"QLinearConv", ConvertQuantizedConv},
    {"QLinearMatMul", ConvertQuantizedMatMul},
    {nullptr, nullptr},
};

const OnnxConverterEntry kMicrosoftQuantizedConverters[] = {
    {"QGemm", ConvertQuantizedGemm},
    {"QLinearAdd", ConvertQuantizedBinary},
    {"QLinearAveragePool", ConvertQuantizedAveragePool},
    {"QLinearConcat", ConvertQuantizedConcat},
    {"QLinearGlobalAveragePool", ConvertQuantizedGlobalAveragePool},
    {"QLinearLeakyRelu", ConvertQuantizedLeakyRelu},
    {"QLinearMul", ConvertQuantizedBinary},
    {"QLinearSigmoid", ConvertQuantizedSigmoid},
    {"QLinearSoftmax", ConvertQuantizedSoftmax},
    {nullptr, nullptr},
};

}  // namespace mace
