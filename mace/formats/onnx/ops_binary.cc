// ONNX's arithmetic and comparisons of two and more tensors, element by element.
#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mace/formats/onnx/node.h"

namespace mace {
namespace {

EltwiseType EltwiseTypeOf(const std::string& op) {
  static const auto* const kTypes = new std::unordered_map<std::string, EltwiseType>{
      {"Add", EltwiseType::kSum},
      {"Sub", EltwiseType::kSub},
      {"Mul", EltwiseType::kProd},
      {"Div", EltwiseType::kDiv},
      {"Equal", EltwiseType::kEqual},
      {"Less", EltwiseType::kLess},
      {"LessOrEqual", EltwiseType::kLessEqual},
      {"Greater", EltwiseType::kGreater},
      {"GreaterOrEqual", EltwiseType::kGreaterEqual},
      {"And", EltwiseType::kAnd},
      {"Or", EltwiseType::kOr},
      {"Xor", EltwiseType::kXor},
      {"BitwiseAnd", EltwiseType::kBitAnd},
      {"BitwiseOr", EltwiseType::kBitOr},
      {"BitwiseXor", EltwiseType::kBitXor},
  };
  return kTypes->at(op);
}

StatusOr<ValueId> CastTo(OnnxNode* node, const char* suffix, ValueId id, DType dtype) {
  if (node->builder()->graph().value(id).info.dtype == dtype) return id;
  AttributeMap attributes;
  attributes.Set("dtype", std::string(DTypeName(IsFloat(dtype) ? DType::kFloat32 : dtype)));
  return node->Emit(suffix, "Cast", {id}, std::move(attributes));
}

// Whether the value is one known number of a float type. Such an operand becomes an attribute, and
// the other operand then runs through one plain loop. The number's rank must not be above that of
// the other operand, which gives the result its rank.
bool IsFloatScalar(const GraphBuilder& builder, ValueId id, int other_rank, float* value) {
  const HostTensor* tensor = builder.ConstantOf(id);
  if (tensor == nullptr || !IsFloat(tensor->dtype()) || tensor->shape().elements() != 1 ||
      tensor->shape().rank() > other_rank) {
    return false;
  }
  *value = ToFloatVector(*tensor)[0];
  return true;
}

// The inputs and attributes of an Eltwise of a and b.
struct Binary {
  std::vector<ValueId> inputs;
  AttributeMap attributes;
};

Binary MakeBinary(GraphBuilder* builder, EltwiseType type, ValueId a, ValueId b) {
  Binary binary;
  binary.attributes = Typed(type);
  float scalar = 0;
  const int rank_a = builder->ShapeOf(a).rank(), rank_b = builder->ShapeOf(b).rank();
  if (builder->ConstantOf(a) == nullptr && IsFloatScalar(*builder, b, rank_a, &scalar)) {
    binary.inputs = {a};
  } else if (builder->ConstantOf(b) == nullptr && IsFloatScalar(*builder, a, rank_b, &scalar)) {
    binary.inputs = {b};
    binary.attributes.Set("scalar_input_index", int64_t{0});
  } else {
    binary.inputs = {a, b};
    return binary;
  }
  binary.attributes.Set("scalar_input", double{scalar});
  return binary;
}

// Op set 6: b broadcasts only where the attribute says so, from `axis` on.
StatusOr<ValueId> OldBroadcast(OnnxNode* node, ValueId b) {
  const Shape a = node->shape(0), shape = node->builder()->ShapeOf(b);
  const int64_t axis = node->Int("axis", a.rank() - shape.rank());
  if (node->Int("broadcast", 0) == 0) {
    if (a == shape) return b;
    return InvalidArgument("expected inputs of one shape, found " + a.ToString() + " and " +
                           shape.ToString());
  }
  const int64_t first = axis < 0 ? axis + a.rank() : axis;
  if (first < 0 || first + shape.rank() > a.rank()) {
    return InvalidArgument("axis: expected one where " + shape.ToString() + " fits into " +
                           a.ToString() + ", found " + std::to_string(axis));
  }
  std::vector<int64_t> dims = shape.dims();
  dims.resize(static_cast<size_t>(a.rank() - first), 1);
  if (dims.size() == shape.dims().size()) return b;
  return node->builder()->Reshape(b, dims);
}

StatusOr<ValueId> SecondInput(OnnxNode* node) {
  if (node->opset() < 7) return OldBroadcast(node, node->input(1));
  return node->input(1);
}

// ONNX has no arithmetic between two types.
Status CheckOneType(const OnnxNode& node) {
  for (size_t i = 1; i < node.input_count(); ++i) {
    const DType first = node.dtype(0), other = node.dtype(i);
    if (first == other || (IsFloat(first) && IsFloat(other))) continue;
    return InvalidArgument(std::string("expected inputs of one type, found ") + DTypeName(first) +
                           " and " + DTypeName(other));
  }
  return Status::Ok();
}

Status EmitBinary(OnnxNode* node, EltwiseType type) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 2));
  MACE_RETURN_IF_ERROR(CheckOneType(*node));
  MACE_ASSIGN_OR_RETURN(const ValueId b, SecondInput(node));
  Binary binary = MakeBinary(node->builder(), type, node->input(0), b);
  return node->EmitResult("Eltwise", std::move(binary.inputs), std::move(binary.attributes));
}

Status ConvertBinary(OnnxNode* node) { return EmitBinary(node, EltwiseTypeOf(node->op())); }

// The result has the first operand's type, whatever the second one's.
Status ConvertPow(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 2));
  MACE_ASSIGN_OR_RETURN(ValueId exponent, SecondInput(node));
  const DType type = node->dtype(0);
  ValueId base = node->input(0);
  if (IsFloat(type)) {
    MACE_ASSIGN_OR_RETURN(exponent, CastTo(node, "/exponent", exponent, DType::kFloat32));
    Binary binary = MakeBinary(node->builder(), EltwiseType::kPow, base, exponent);
    return node->EmitResult("Eltwise", std::move(binary.inputs), std::move(binary.attributes));
  }
  if (IsFloat(node->builder()->graph().value(exponent).info.dtype)) {
    MACE_ASSIGN_OR_RETURN(base, CastTo(node, "/base", base, DType::kFloat32));
  } else {
    // Without a cut, so that every exponent counts.
    const DType widest = type == DType::kUInt64 ? type : DType::kInt64;
    const DType found = node->builder()->graph().value(exponent).info.dtype;
    if (found != type) {
      const DType wide = found == DType::kUInt64 ? found : widest;
      MACE_ASSIGN_OR_RETURN(exponent, CastTo(node, "/exponent", exponent, wide));
      MACE_ASSIGN_OR_RETURN(base, CastTo(node, "/base", base, wide));
    }
  }
  Binary binary = MakeBinary(node->builder(), EltwiseType::kPow, base, exponent);
  MACE_ASSIGN_OR_RETURN(ValueId power, node->Emit("", "Eltwise", std::move(binary.inputs),
                                                  std::move(binary.attributes)));
  MACE_ASSIGN_OR_RETURN(power, CastTo(node, "/typed", power, type));
  node->SetResult(power);
  return Status::Ok();
}

// The remainder with the sign of the divisor: the divisor is added where the signs differ.
Status EmitFloatModulo(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(EmitBinary(node, EltwiseType::kRemainder));
  const ValueId rest = node->outputs()[0], divisor = node->input(1);
  const auto emit = [node](EltwiseType type, std::vector<ValueId> inputs) {
    return node->Emit("/step", "Eltwise", std::move(inputs), Typed(type));
  };
  MACE_ASSIGN_OR_RETURN(const ValueId sign, emit(EltwiseType::kSign, {rest}));
  MACE_ASSIGN_OR_RETURN(const ValueId divisor_sign, emit(EltwiseType::kSign, {divisor}));
  MACE_ASSIGN_OR_RETURN(const ValueId both, emit(EltwiseType::kProd, {sign, divisor_sign}));
  MACE_ASSIGN_OR_RETURN(const ValueId differ,
                        emit(EltwiseType::kLess, {both, node->AddScalar("/zero", 0)}));
  MACE_ASSIGN_OR_RETURN(const ValueId moved, emit(EltwiseType::kSum, {rest, divisor}));
  MACE_ASSIGN_OR_RETURN(const ValueId y, node->Emit("/chosen", "Where", {differ, moved, rest}));
  node->SetResult(y);
  return Status::Ok();
}

Status ConvertMod(OnnxNode* node) {
  const bool truncated = node->Int("fmod", 0) != 0;
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 2));
  if (!truncated && IsFloat(node->dtype(0))) return EmitFloatModulo(node);
  return EmitBinary(node, truncated ? EltwiseType::kRemainder : EltwiseType::kModulo);
}

Status ConvertBitShift(OnnxNode* node) {
  const std::string direction = node->String("direction", "");
  if (direction != "LEFT" && direction != "RIGHT") {
    return InvalidArgument("direction: expected LEFT or RIGHT, found '" + direction + "'");
  }
  return EmitBinary(node, direction == "LEFT" ? EltwiseType::kShiftLeft : EltwiseType::kShiftRight);
}

bool AllOneShape(const OnnxNode& node) {
  for (size_t i = 1; i < node.input_count(); ++i) {
    if (node.shape(i) != node.shape(0)) return false;
  }
  return true;
}

// One after the other, from the left.
StatusOr<ValueId> EmitChain(OnnxNode* node, EltwiseType type) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(std::max<size_t>(node->input_count(), 1)));
  MACE_RETURN_IF_ERROR(CheckOneType(*node));
  ValueId result = node->input(0);
  for (size_t i = 1; i < node->input_count(); ++i) {
    Binary binary = MakeBinary(node->builder(), type, result, node->input(i));
    MACE_ASSIGN_OR_RETURN(
        result, node->Emit("", "Eltwise", std::move(binary.inputs), std::move(binary.attributes)));
  }
  return result;
}

Status ConvertExtreme(OnnxNode* node) {
  MACE_ASSIGN_OR_RETURN(
      const ValueId result,
      EmitChain(node, node->op() == "Max" ? EltwiseType::kMax : EltwiseType::kMin));
  node->SetResult(result);
  return Status::Ok();
}

StatusOr<ValueId> EmitSum(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(std::max<size_t>(node->input_count(), 1)));
  if (node->input_count() > 2 && AllOneShape(*node) && IsFloat(node->dtype(0))) {
    return node->Emit("", "AddN", node->inputs());
  }
  return EmitChain(node, EltwiseType::kSum);
}

Status ConvertSum(OnnxNode* node) {
  MACE_ASSIGN_OR_RETURN(const ValueId sum, EmitSum(node));
  node->SetResult(sum);
  return Status::Ok();
}

Status ConvertMean(OnnxNode* node) {
  MACE_ASSIGN_OR_RETURN(const ValueId sum, EmitSum(node));
  AttributeMap attributes = Typed(EltwiseType::kProd);
  attributes.Set("scalar_input", 1.0 / static_cast<double>(node->input_count()));
  return node->EmitResult("Eltwise", {sum}, std::move(attributes));
}

}  // namespace

const OnnxConverterEntry kOnnxBinaryConverters[] = {
    {"Add", ConvertBinary},
    {"And", ConvertBinary},
    {"BitShift", ConvertBitShift},
    {"BitwiseAnd", ConvertBinary},
    {"BitwiseOr", ConvertBinary},
    {"BitwiseXor", ConvertBinary},
    {"Div", ConvertBinary},
    {"Equal", ConvertBinary},
    {"Greater", ConvertBinary},
    {"GreaterOrEqual", ConvertBinary},
    {"Less", ConvertBinary},
    {"LessOrEqual", ConvertBinary},
    {"Max", ConvertExtreme},
    {"Mean", ConvertMean},
    {"Min", ConvertExtreme},
    {"Mod", ConvertMod},
    {"Mul", ConvertBinary},
    {"Or", ConvertBinary},
    {"Pow", ConvertPow},
    {"Sub", ConvertBinary},
    {"Sum", ConvertSum},
    {"Xor", ConvertBinary},
    {nullptr, nullptr},
};

}  // namespace mace
