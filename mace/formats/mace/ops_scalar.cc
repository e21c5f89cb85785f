// Rules for MACE's ops on single numbers and choices, and for its normalisation over neighbours.
#include <utility>

#include "mace/formats/mace/rules.h"

namespace mace {
namespace {

// Types of Eltwise.
constexpr int64_t kNotEqual = 15;

// An Eltwise of numbers. With two inputs scalar_input_index 0 swaps them; what is missing is 1.
Status NormalizeScalarMath(MaceOp* op, const MaceLayout&, GraphBuilder* builder) {
  Node& node = op->node;
  if (node.inputs.empty() || node.inputs[0] == kNoValue) return Status::Ok();  // To be refused.
  for (ValueId id : node.inputs) {
    if (id == kNoValue || builder->ShapeOf(id).elements() == 1) continue;
    return InvalidArgument("expected single numbers, found shape " +
                           builder->ShapeOf(id).ToString());
  }
  node.type = "Eltwise";
  if (node.inputs.size() == 1) {
    SetDefault(op, "scalar_input", 1.0);
  } else if (node.inputs.size() == 2 && node.attributes.GetInt("scalar_input_index", 1) == 0) {
    std::swap(node.inputs[0], node.inputs[1]);
    node.attributes.Erase("scalar_input_index");
  }
  return Status::Ok();
}

// A number that is not 0 counts as true.
Status MakeCondition(const MaceRewrite& rewrite, GraphBuilder* builder, ValueId* condition) {
  if (builder->graph().value(*condition).info.dtype == DType::kBool) return Status::Ok();
  MACE_ASSIGN_OR_RETURN(*condition, rewrite.EmitScalar(kNotEqual, *condition, 0));
  return Status::Ok();
}

Status NormalizeWhere(MaceOp* op, const MaceLayout&, GraphBuilder* builder) {
  if (op->node.inputs.size() != 3 || op->node.inputs[0] == kNoValue) return Status::Ok();
  return MakeCondition(MaceRewrite(op, builder), builder, &op->node.inputs[0]);
}

// A Where whose condition has the leading axes of the operands.
Status NormalizeSelect(MaceOp* op, const MaceLayout& layout, GraphBuilder* builder) {
  std::vector<ValueId>& inputs = op->node.inputs;
  if (inputs.size() == 1) {
    return Unsupported("the indices of what is true, whose number is known at run time alone");
  }
  op->node.type = "Where";
  if (inputs.size() != 3 || inputs[0] == kNoValue) return Status::Ok();  // For Where to refuse.
  const int rank = InputRank(*op, 1, builder);
  std::vector<int64_t> dims = builder->ShapeOf(inputs[0]).dims();
  if (rank > static_cast<int>(dims.size())) {
    dims.resize(static_cast<size_t>(rank), 1);
    MACE_ASSIGN_OR_RETURN(inputs[0], builder->Reshape(inputs[0], dims));
  }
  return NormalizeWhere(op, layout, builder);
}

// MACE counts the neighbours on one side and multiplies alpha by the sum, not the mean.
Status NormalizeLocalResponseNorm(MaceOp* op, const MaceLayout&, GraphBuilder* builder) {
  AttributeMap& attributes = op->node.attributes;
  SetDefault(op, "bias", 1.0);
  SetDefault(op, "beta", 0.5);
  if (attributes.Has("size")) return Status::Ok();  // This project's converter writes it so.
  if (InputRank(*op, 0, builder) != 4) {
    return InvalidArgument("expected an input of rank 4, found rank " +
                           std::to_string(InputRank(*op, 0, builder)));
  }
  constexpr int64_t kMaxRadius = int64_t{1} << 24;
  const int64_t radius = attributes.GetInt("depth_radius", 5);
  if (radius < 0 || radius > kMaxRadius) {
    return InvalidArgument("depth_radius: expected 0 to " + std::to_string(kMaxRadius) +
                           ", found " + std::to_string(radius));
  }
  const int64_t size = 2 * radius + 1;
  attributes.Set("size", size);
  attributes.Set("alpha", attributes.GetFloat("alpha", 1) * static_cast<double>(size));
  attributes.Erase("depth_radius");
  return Status::Ok();
}

}  // namespace

MaceRule FindMaceScalarRule(const std::string& type) {
  if (type == "LocalResponseNorm") return NormalizeLocalResponseNorm;
  if (type == "ScalarMath") return NormalizeScalarMath;
  if (type == "Select") return NormalizeSelect;
  if (type == "Where") return NormalizeWhere;
  return nullptr;
}

}  // namespace mace
