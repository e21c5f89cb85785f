#include "mace/formats/tensorflow/emit.h"

#include <utility>

namespace mace {

Status SetEmitted(TfNode* node, const StatusOr<ValueId>& id) {
  if (!id.ok()) return id.status();
  node->SetResult(*id);
  return Status::Ok();
}

StatusOr<ValueId> EmitStridedSlice(TfNode* node, ValueId x, int64_t axis, const TfStride& stride) {
  AttributeMap attributes;
  attributes.Set("axes", std::vector<int64_t>{axis});
  attributes.Set("starts", std::vector<int64_t>{stride.start});
  attributes.Set("ends", std::vector<int64_t>{stride.end});
  attributes.Set("steps", std::vector<int64_t>{stride.step});
  return node->Emit("/part", "Slice", {x}, std::move(attributes));
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
  MACE_ASSIGN_OR_RETURN(flat, EmitEltwise(node, EltwiseType::kProd, flat, factors));
  return EmitReduce(node, ReduceType::kSum, flat, {at.rank() - 1}, false);
}

int64_t Product(const std::vector<int64_t>& extents, size_t begin, size_t end) {
  int64_t product = 1;
  for (size_t i = begin; i < end; ++i) product *= extents[i];
  return product;
}

}  // namespace mace
