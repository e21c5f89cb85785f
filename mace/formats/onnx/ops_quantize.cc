// ONNX's conversions between floats and quantized integers.
#include <string>
#include <utility>
#include <vector>

#include "mace/formats/onnx/dynamic_quantization.h"
#include "mace/formats/onnx/emit.h"
#include "mace/formats/onnx/emit_quantized.h"
#include "mace/ops/elementwise/dequantize.h"

namespace mace {
namespace {

using Proto = onnx::TensorProto;

// Attributes and inputs 1 and 2 of both ops.
StatusOr<OnnxQuantization> ReadQuantization(const OnnxNode& node) {
  OnnxQuantizationInputs inputs;
  inputs.scale = 1;
  inputs.zero_point = 2;
  inputs.axis = node.Int("axis", 1);
  inputs.block_size = node.Int("block_size", 0);
  return BindOnnxQuantization(node, node.shape(0), inputs);
}

// The type of the result: that of the zero point, else of the attribute, else
// uint8.
StatusOr<int32_t> ReadType(const OnnxNode& node) {
  const auto wanted = static_cast<int32_t>(node.Int("output_dtype", 0));
  if (!node.HasInput(2)) return wanted == 0 ? int32_t{Proto::UINT8} : wanted;
  const int32_t type = OnnxTypeOfInput(node, 2);
  if (wanted == 0 || wanted == type) return type;
  return InvalidArgument("output_dtype: expected " + OnnxTypeName(type) +
                         " of the zero point, found " + OnnxTypeName(wanted));
}

// The input as a tensor of floats; integers that are quantized are a model's
// mistake.
StatusOr<ValueId> ReadFloats(OnnxNode* node, size_t index) {
  if (node->Quantized(index) != nullptr) {
    return InvalidArgument("input " + std::to_string(index) + ": expected floats, found " +
                           OnnxTypeName(OnnxTypeOfInput(*node, index)));
  }
  return EmitCast(node, node->input(index), DType::kFloat32);
}

Status ConvertQuantize(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 3));
  node->Ignore({"saturate"});  // For floats of 8 bits, which are refused.
  const int64_t precision = node->Int("precision", 0);
  if (precision != 0 && precision != Proto::FLOAT) {
    return Unsupported("precision: expected FLOAT, found " +
                       OnnxTypeName(static_cast<int32_t>(precision)));
  }
  MACE_ASSIGN_OR_RETURN(const int32_t type, ReadType(*node));
  MACE_ASSIGN_OR_RETURN(const OnnxQuantization by, ReadQuantization(*node));
  MACE_ASSIGN_OR_RETURN(const ValueId x, ReadFloats(node, 0));
  return SetQuantizedResult(node, x, by, type);
}

// Whether the weights of input 0 are left to a node, so that they can stay packed
// (mace/passes/pack_weights.h).
bool IsLeftToNode(const OnnxNode& node, const OnnxQuantization& by) {
  GraphBuilder* const builder = node.builder();
  const HostTensor* const integers = node.Constant(0);
  return integers != nullptr && node.Quantized(0) == nullptr && MayStayPacked(integers->info()) &&
         builder->ConstantOf(by.scale) != nullptr &&
         (by.zero_point == kNoValue || builder->ConstantOf(by.zero_point) != nullptr);
}

Status ConvertDequantize(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 3));
  const auto wanted = static_cast<int32_t>(node->Int("output_dtype", Proto::FLOAT));
  if (!IsFloat(OnnxType(wanted))) {
    return Unsupported("output_dtype: expected a type of floats, found " + OnnxTypeName(wanted));
  }
  MACE_ASSIGN_OR_RETURN(const OnnxQuantization by, ReadQuantization(*node));
  if (IsLeftToNode(*node, by)) {
    Node left = MakeDequantize(node->input(0), by.scale, by.zero_point, by.axis, by.block_size);
    return node->EmitResult(left.type, std::move(left.inputs), std::move(left.attributes));
  }
  MACE_ASSIGN_OR_RETURN(const ValueId y, EmitDequantized(node, 0, by));
  node->SetResult(y);
  return Status::Ok();
}

Status ConvertDynamicQuantize(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  MACE_ASSIGN_OR_RETURN(const ValueId x, ReadFloats(node, 0));
  MACE_ASSIGN_OR_RETURN(const OnnxDynamic dynamic, EmitDynamicQuantization(node, x));
  OnnxQuantized zero_point;
  zero_point.type = Proto::UINT8;
  zero_point.floats = dynamic.zero_point;
  zero_point.is_centred = true;
  zero_point.is_movable = true;
  OnnxQuantized y = zero_point;
  y.floats = dynamic.centred;
  y.by.scale = dynamic.scale;
  y.by.zero_point = dynamic.zero_point;
  node->SetQuantizedResult(y, 0);
  node->SetResult(dynamic.scale, 1);
  node->SetQuantizedResult(zero_point, 2);
  return Status::Ok();
}

}  // namespace

const OnnxConverterEntry kOnnxQuantizeConverters[] = {
    {"DequantizeLinear", ConvertDequantize},
    {"DynamicQuantizeLinear", ConvertDynamicQuantize},
    {"QuantizeLinear", ConvertQuantize},
    {nullptr, nullptr},
};

}  // namespace mace
