#include "mace/formats/onnx/emit.h"

#include <utility>

namespace mace {

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

ValueId AddFloats(OnnxNode* node, const char* suffix, Shape shape,
                  const std::vector<double>& values) {
  return node->AddConstant(
      suffix, HostTensor::FromVector(DType::kFloat32, std::move(shape),
                                     std::vector<float>(values.begin(), values.end())));
}

}  // namespace mace
