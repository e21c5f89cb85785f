#include "mace/formats/onnx/emit.h"

#include <utility>

namespace mace {
namespace {

AttributeMap Typed(OnnxEltwise type) {
  AttributeMap attributes;
  attributes.Set("type", static_cast<int64_t>(type));
  return attributes;
}

}  // namespace

StatusOr<ValueId> EmitEltwise(OnnxNode* node, OnnxEltwise type, ValueId a, ValueId b) {
  return node->Emit("/step", "Eltwise", {a, b}, Typed(type));
}

StatusOr<ValueId> EmitEltwise(OnnxNode* node, OnnxEltwise type, ValueId a) {
  return node->Emit("/step", "Eltwise", {a}, Typed(type));
}

StatusOr<ValueId> EmitEltwise(OnnxNode* node, OnnxEltwise type, ValueId a, double b) {
  AttributeMap attributes = Typed(type);
  attributes.Set("scalar_input", b);
  return node->Emit("/step", "Eltwise", {a}, std::move(attributes));
}

StatusOr<ValueId> EmitUnary(OnnxNode* node, const char* function, ValueId x) {
  AttributeMap attributes;
  attributes.Set("function", std::string(function));
  return node->Emit("/step", "Unary", {x}, std::move(attributes));
}

StatusOr<ValueId> EmitCast(OnnxNode* node, ValueId x, DType dtype) {
  if (node->builder()->graph().value(x).info.dtype == dtype) return x;
  AttributeMap attributes;
  attributes.Set("dtype", std::string(DTypeName(IsFloat(dtype) ? DType::kFloat32 : dtype)));
  return node->Emit("/cast", "Cast", {x}, std::move(attributes));
}

StatusOr<ValueId> EmitReduce(OnnxNode* node, OnnxReduce type, ValueId x,
                             std::vector<int64_t> axes) {
  AttributeMap attributes;
  attributes.Set("reduce_type", static_cast<int64_t>(type));
  attributes.Set("axis", std::move(axes));
  attributes.Set("keepdims", int64_t{1});
  return node->Emit("/reduced", "Reduce", {x}, std::move(attributes));
}

StatusOr<ValueId> EmitSlice(OnnxNode* node, ValueId x, int64_t axis, int64_t start, int64_t end) {
  AttributeMap attributes;
  attributes.Set("axes", std::vector<int64_t>{axis});
  attributes.Set("starts", std::vector<int64_t>{start});
  attributes.Set("ends", std::vector<int64_t>{end});
  return node->Emit("/part", "Slice", {x}, std::move(attributes));
}

StatusOr<ValueId> EmitConcat(OnnxNode* node, std::vector<ValueId> parts, int64_t axis) {
  if (parts.size() == 1) return parts[0];
  AttributeMap attributes;
  attributes.Set("axis", axis);
  return node->Emit("/joined", "Concat", std::move(parts), std::move(attributes));
}

StatusOr<ValueId> EmitGather(OnnxNode* node, ValueId x, ValueId indices, int64_t axis) {
  AttributeMap attributes;
  attributes.Set("axis", axis);
  return node->Emit("/chosen", "Gather", {x, indices}, std::move(attributes));
}

StatusOr<ValueId> EmitMatMul(OnnxNode* node, ValueId a, ValueId b, bool transpose_b) {
  AttributeMap attributes;
  attributes.Set("transpose_b", int64_t{transpose_b});
  return node->Emit("/product", "MatMul", {a, b}, std::move(attributes));
}

StatusOr<ValueId> EmitWhere(OnnxNode* node, ValueId condition, ValueId a, ValueId b) {
  return node->Emit("/chosen", "Where", {condition, a, b});
}

StatusOr<ValueId> EmitSoftmax(OnnxNode* node, ValueId x, int64_t axis) {
  AttributeMap attributes;
  attributes.Set("axis", axis);
  return node->Emit("/softmax", "Softmax", {x}, std::move(attributes));
}

StatusOr<ValueId> EmitActivation(OnnxNode* node, const char* activation, ValueId x) {
  AttributeMap attributes;
  attributes.Set("activation", std::string(activation));
  return node->Emit("/activation", "Activation", {x}, std::move(attributes));
}

StatusOr<ValueId> EmitCounting(OnnxNode* node, const std::vector<int64_t>& dims) {
  MACE_ASSIGN_OR_RETURN(Shape shape, Shape::Make(dims));
  const TensorInfo info{DType::kInt64, std::move(shape)};
  MACE_RETURN_IF_ERROR(node->builder()->Reserve("positions", info.bytes()));
  MACE_ASSIGN_OR_RETURN(HostTensor numbers, HostTensor::Allocate(info));
  for (int64_t i = 0; i < info.shape.elements(); ++i) numbers.mutable_data<int64_t>()[i] = i;
  return node->AddConstant("/positions", std::move(numbers));
}

}  // namespace mace
