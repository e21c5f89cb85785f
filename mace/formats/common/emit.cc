#include "mace/formats/common/emit.h"

#include <utility>

namespace mace {

AttributeMap Typed(EltwiseType type) {
  AttributeMap attributes;
  attributes.Set("type", static_cast<int64_t>(type));
  return attributes;
}

StatusOr<ValueId> NodeEmitter::Emit(const std::string& suffix, const std::string& type,
                                    std::vector<ValueId> inputs, AttributeMap attributes) {
  Node node;
  node.type = type;
  node.inputs = std::move(inputs);
  node.attributes = std::move(attributes);
  return builder()->AddHelper(name() + suffix, std::move(node));
}

StatusOr<ValueId> EmitEltwise(NodeEmitter* node, EltwiseType type, ValueId a) {
  return node->Emit("/step", "Eltwise", {a}, Typed(type));
}

StatusOr<ValueId> EmitEltwise(NodeEmitter* node, EltwiseType type, ValueId a, ValueId b) {
  return node->Emit("/step", "Eltwise", {a, b}, Typed(type));
}

StatusOr<ValueId> EmitEltwise(NodeEmitter* node, EltwiseType type, ValueId a, double b) {
  AttributeMap attributes = Typed(type);
  attributes.Set("scalar_input", b);
  return node->Emit("/step", "Eltwise", {a}, std::move(attributes));
}

StatusOr<ValueId> EmitUnary(NodeEmitter* node, const char* function, ValueId x) {
  AttributeMap attributes;
  attributes.Set("function", std::string(function));
  return node->Emit("/step", "Unary", {x}, std::move(attributes));
}

StatusOr<ValueId> EmitClipped(NodeEmitter* node, ValueId x, double low, double high) {
  AttributeMap attributes = Typed(EltwiseType::kClip);
  attributes.Set("coeff", std::vector<double>{low, high});
  return node->Emit("/clipped", "Eltwise", {x}, std::move(attributes));
}

StatusOr<ValueId> EmitCast(NodeEmitter* node, ValueId x, DType dtype) {
  if (node->builder()->graph().value(x).info.dtype == dtype) return x;
  AttributeMap attributes;
  attributes.Set("dtype", std::string(DTypeName(IsFloat(dtype) ? DType::kFloat32 : dtype)));
  return node->Emit("/cast", "Cast", {x}, std::move(attributes));
}

StatusOr<ValueId> EmitWhere(NodeEmitter* node, ValueId condition, ValueId a, ValueId b) {
  return node->Emit("/chosen", "Where", {condition, a, b});
}

StatusOr<ValueId> EmitReduce(NodeEmitter* node, ReduceType type, ValueId x,
                             std::vector<int64_t> axes, bool keeps) {
  if (axes.empty()) return x;
  AttributeMap attributes;
  attributes.Set("reduce_type", static_cast<int64_t>(type));
  attributes.Set("axis", std::move(axes));
  attributes.Set("keepdims", int64_t{keeps});
  return node->Emit("/reduced", "Reduce", {x}, std::move(attributes));
}

StatusOr<ValueId> EmitSlice(NodeEmitter* node, ValueId x, int64_t axis, int64_t start,
                            int64_t end) {
  AttributeMap attributes;
  attributes.Set("axes", std::vector<int64_t>{axis});
  attributes.Set("starts", std::vector<int64_t>{start});
  attributes.Set("ends", std::vector<int64_t>{end});
  return node->Emit("/part", "Slice", {x}, std::move(attributes));
}

StatusOr<ValueId> EmitFirstRows(NodeEmitter* node, ValueId x, ValueId count) {
  const int64_t rows = node->builder()->ShapeOf(x)[0];
  const HostTensor* const known = node->builder()->ElementsOf(count, rows);
  if (known == nullptr) {
    return Unsupported(
        "expected a number of results that is known at import, found that it is computed when the "
        "network runs");
  }
  return EmitSlice(node, x, 0, 0, ToInt64Vector(*known)[0]);
}

StatusOr<ValueId> EmitConcat(NodeEmitter* node, std::vector<ValueId> parts, int64_t axis) {
  if (parts.size() == 1) return parts[0];
  AttributeMap attributes;
  attributes.Set("axis", axis);
  return node->Emit("/joined", "Concat", std::move(parts), std::move(attributes));
}

StatusOr<ValueId> EmitGather(NodeEmitter* node, ValueId x, ValueId indices, int64_t axis) {
  AttributeMap attributes;
  attributes.Set("axis", axis);
  return node->Emit("/gathered", "Gather", {x, indices}, std::move(attributes));
}

StatusOr<ValueId> EmitMatMul(NodeEmitter* node, ValueId a, ValueId b, bool transpose_b) {
  AttributeMap attributes;
  if (transpose_b) attributes.Set("transpose_b", int64_t{1});
  return node->Emit("/product", "MatMul", {a, b}, std::move(attributes));
}

}  // namespace mace
