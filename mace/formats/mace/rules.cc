#include "mace/formats/mace/rules.h"

namespace mace {

int InputRank(const MaceOp& op, size_t index, GraphBuilder* builder) {
  if (op.node.inputs.size() <= index || op.node.inputs[index] == kNoValue) return -1;
  return builder->ShapeOf(op.node.inputs[index]).rank();
}

bool ConstantNumbers(const MaceOp& op, size_t index, const GraphBuilder& builder,
                     std::vector<int64_t>* numbers) {
  if (op.node.inputs.size() <= index) return false;
  const HostTensor* tensor = builder.ConstantOf(op.node.inputs[index]);
  if (tensor == nullptr || tensor->shape().elements() > Shape::kMaxRank) return false;
  *numbers = ToInt64Vector(*tensor);
  return true;
}

void SetDefault(MaceOp* op, const std::string& name, Attribute value) {
  if (!op->node.attributes.Has(name)) op->node.attributes.Set(name, std::move(value));
}

StatusOr<ValueId> MaceRewrite::Emit(const char* type, std::vector<ValueId> inputs,
                                    const Attributes& attributes) const {
  Node node;
  node.type = type;
  node.inputs = std::move(inputs);
  for (const auto& [name, value] : attributes) node.attributes.Set(name, value);
  return builder_->AddHelper(op_->node.name + "/" + type, std::move(node));
}

StatusOr<ValueId> MaceRewrite::EmitScalar(int64_t type, ValueId id, double scalar,
                                          int64_t index) const {
  return Emit("Eltwise", {id},
              {{"type", type}, {"scalar_input", scalar}, {"scalar_input_index", index}});
}

StatusOr<ValueId> MaceRewrite::EmitUnary(const char* function, ValueId id) const {
  return Emit("Unary", {id}, {{"function", std::string(function)}});
}

StatusOr<ValueId> MaceRewrite::EmitGather(ValueId id, int64_t axis,
                                          const std::vector<int64_t>& rows) const {
  const ValueId indices = Indices(rows, Shape({static_cast<int64_t>(rows.size())}));
  return Emit("Gather", {id, indices}, {{"axis", axis}});
}

void MaceRewrite::Finish(const char* type, std::vector<ValueId> inputs,
                         const Attributes& attributes) const {
  op_->node.type = type;
  op_->node.inputs = std::move(inputs);
  op_->node.attributes = AttributeMap();
  for (const auto& [name, value] : attributes) op_->node.attributes.Set(name, value);
}

ValueId MaceRewrite::Indices(const std::vector<int64_t>& values, const Shape& shape) const {
  return builder_->graph().AddConstant(
      op_->node.name + "/indices", HostTensor::FromVector<int64_t>(DType::kInt64, shape, values));
}

ValueId MaceRewrite::Floats(const std::vector<float>& values, Shape shape) const {
  return builder_->graph().AddConstant(
      op_->node.name + "/numbers",
      HostTensor::FromVector<float>(DType::kFloat32, std::move(shape), values));
}

StatusOr<ValueId> MaceRewrite::Filled(float value, std::vector<int64_t> dims) const {
  MACE_ASSIGN_OR_RETURN(Shape shape, Shape::Make(std::move(dims)));
  MACE_RETURN_IF_ERROR(Reserve(shape.elements()));
  const std::vector<float> values(static_cast<size_t>(shape.elements()), value);
  return Floats(values, std::move(shape));
}

}  // namespace mace
