#include "mace/formats/tensorflow/emit.h"

#include <utility>

namespace mace {
namespace {

AttributeMap Typed(TfEltwise type) {
  AttributeMap attributes;
  attributes.Set("type", static_cast<int64_t>(type));
  return attributes;
}

}  // namespace

StatusOr<ValueId> EmitEltwise(TfNode* node, TfEltwise type, ValueId a, ValueId b) {
  return node->Emit("/step", "Eltwise", {a, b}, Typed(type));
}

StatusOr<ValueId> EmitEltwise(TfNode* node, TfEltwise type, ValueId a) {
  return node->Emit("/step", "Eltwise", {a}, Typed(type));
}

StatusOr<ValueId> EmitEltwise(TfNode* node, TfEltwise type, ValueId a, double b) {
  AttributeMap attributes = Typed(type);
  attributes.Set("scalar_input", b);
  return node->Emit("/step", "Eltwise", {a}, std::move(attributes));
}

StatusOr<ValueId> EmitUnary(TfNode* node, const char* function, ValueId x) {
  AttributeMap attributes;
  attributes.Set("function", std::string(function));
  return node->Emit("/step", "Unary", {x}, std::move(attributes));
}

StatusOr<ValueId> EmitWhere(TfNode* node, ValueId condition, ValueId a, ValueId b) {
  return node->Emit("/chosen", "Where", {condition, a, b}, {});
}

StatusOr<ValueId> EmitCast(TfNode* node, ValueId x, DType dtype) {
  if (ComputedType(*node, x) == dtype) return x;
  AttributeMap attributes;
  attributes.Set("dtype", std::string(DTypeName(dtype)));
  return node->Emit("/cast", "Cast", {x}, std::move(attributes));
}

StatusOr<ValueId> EmitReduce(TfNode* node, TfReduce type, ValueId x, std::vector<int64_t> axes,
                             bool keeps) {
  if (axes.empty()) return x;
  AttributeMap attributes;
  attributes.Set("reduce_type", static_cast<int64_t>(type));
  attributes.Set("axis", std::move(axes));
  attributes.Set("keepdims", int64_t{keeps});
  return node->Emit("/reduced", "Reduce", {x}, std::move(attributes));
}

StatusOr<ValueId> EmitSlice(TfNode* node, ValueId x, int64_t axis, int64_t start, int64_t end,
                            int64_t step) {
  AttributeMap attributes;
  attributes.Set("axes", std::vector<int64_t>{axis});
  attributes.Set("starts", std::vector<int64_t>{start});
  attributes.Set("ends", std::vector<int64_t>{end});
  attributes.Set("steps", std::vector<int64_t>{step});
  return node->Emit("/part", "Slice", {x}, std::move(attributes));
}

StatusOr<ValueId> EmitConcat(TfNode* node, const std::vector<ValueId>& parts, int64_t axis) {
  if (parts.size() == 1) return parts[0];
  AttributeMap attributes;
  attributes.Set("axis", axis);
  return node->Emit("/joined", "Concat", parts, std::move(attributes));
}

StatusOr<ValueId> EmitGather(TfNode* node, ValueId x, ValueId indices, int64_t axis) {
  AttributeMap attributes;
  attributes.Set("axis", axis);
  return node->Emit("/gathered", "Gather", {x, indices}, std::move(attributes));
}

StatusOr<ValueId> EmitMatMul(TfNode* node, ValueId a, ValueId b) {
  return node->Emit("/product", "MatMul", {a, b}, {});
}

StatusOr<ValueId> EmitPadding(TfNode* node, ValueId x, std::vector<int64_t> paddings,
                              double value) {
  AttributeMap attributes;
  attributes.Set("paddings", std::move(paddings));
  attributes.Set("pad_type", int64_t{0});
  attributes.Set("constant_value", value);
  return node->Emit("/padded", "Pad", {x}, std::move(attributes));
}

ValueId AddConstant(TfNode* node, HostTensor tensor) {
  return node->builder()->graph().AddConstant(node->name() + "/constant", std::move(tensor));
}

ValueId AddInts(TfNode* node, const Shape& shape, std::vector<int32_t> values) {
  return AddConstant(node, HostTensor::FromVector(DType::kInt32, shape, std::move(values)));
}

ValueId AddFloats(TfNode* node, const Shape& shape, std::vector<float> values) {
  return AddConstant(node, HostTensor::FromVector(DType::kFloat32, shape, std::move(values)));
}

StatusOr<ValueId> AddScalar(TfNode* node, DType dtype, int64_t value) {
  const HostTensor number = HostTensor::FromVector<int64_t>(DType::kInt64, Shape(), {value});
  MACE_ASSIGN_OR_RETURN(HostTensor typed, number.ConvertTo(dtype));
  return AddConstant(node, std::move(typed));
}

DType ComputedType(const TfNode& node, ValueId id) {
  const DType dtype = node.builder()->graph().value(id).info.dtype;
  return IsFloat(dtype) ? DType::kFloat32 : dtype;
}

StatusOr<ValueId> EmitRowPositions(TfNode* node, ValueId indices, const Shape& shape) {
  const Shape at = node->builder()->ShapeOf(indices);
  const int64_t depth = at.rank() < 1 ? 0 : at.back(0);
  if (depth < 1 || depth > shape.rank()) {
    return InvalidArgument("expected indices [..., 1 to " + std::to_string(shape.rank()) +
                           "] for " + shape.ToString() + ", found " + at.ToString());
  }
  std::vector<int64_t> extents;
  std::vector<int32_t> strides;
  for (int axis = 0; axis < static_cast<int>(depth); ++axis) {
    extents.push_back(shape[axis]);
    if (shape[axis] == 0) return InvalidArgument("nothing to choose from " + shape.ToString());
    const int64_t stride = shape.elements(axis + 1, static_cast<int>(depth));
    if (stride > INT32_MAX) return Unsupported("more than 2^31 rows in " + shape.ToString());
    strides.push_back(static_cast<int32_t>(stride));
  }
  AttributeMap attributes;
  attributes.Set("extents", std::move(extents));
  MACE_ASSIGN_OR_RETURN(
      ValueId flat, node->Emit("/indices", "NormalizeIndices", {indices}, std::move(attributes)));
  const ValueId factors = AddInts(node, Shape{depth}, std::move(strides));
  MACE_ASSIGN_OR_RETURN(flat, EmitEltwise(node, TfEltwise::kProduct, flat, factors));
  return EmitReduce(node, TfReduce::kSum, flat, {at.rank() - 1}, false);
}

int64_t Product(const std::vector<int64_t>& extents, size_t begin, size_t end) {
  int64_t product = 1;
  for (size_t i = begin; i < end; ++i) product *= extents[i];
  return product;
}

}  // namespace mace
