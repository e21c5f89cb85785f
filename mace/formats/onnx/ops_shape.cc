// Constants, shapes and order: ONNX's ops that leave the elements as they are.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/common/filled.h"
#include "mace/formats/onnx/emit.h"
#include "mace/formats/onnx/emit_quantized.h"
#include "mace/graph/integer_type.h"

namespace mace {
namespace {

Status ConvertIdentity(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  node->SetResult(node->input(0));
  return Status::Ok();
}

StatusOr<ValueId> EmitFilled(OnnxNode* node, const HostTensor& element, Shape shape) {
  return AddFilled(node->name(), element, std::move(shape), node->builder());
}

// Inference drops nothing; the mask says so.
Status ConvertDropout(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 3));
  node->Ignore({"ratio", "seed", "is_test"});
  if (node->HasInput(2)) {
    MACE_ASSIGN_OR_RETURN(const int64_t training, node->Number(2));
    if (training != 0) return Unsupported("training_mode: expected a model for inference");
  }
  node->SetResult(node->input(0));
  // Before op set 10 the mask is of numbers: not made, and an error for who reads it.
  if (!node->WantsOutput(1) || node->opset() < 10) return Status::Ok();
  const HostTensor kept = HostTensor::FromVector<uint8_t>(DType::kBool, Shape(), {1});
  MACE_ASSIGN_OR_RETURN(const ValueId mask, EmitFilled(node, kept, node->shape(0)));
  node->SetResult(mask, 1);
  return Status::Ok();
}

Status ConvertConstant(OnnxNode* node) {
  HostTensor tensor;
  if (node->Has("value")) {
    MACE_ASSIGN_OR_RETURN(tensor, node->Tensor("value"));
  } else if (node->Has("sparse_value")) {
    MACE_ASSIGN_OR_RETURN(tensor, node->SparseTensor("sparse_value"));
  } else if (node->Has("value_float")) {
    const float value = static_cast<float>(node->Float("value_float", 0));
    tensor = HostTensor::FromVector<float>(DType::kFloat32, Shape(), {value});
  } else if (node->Has("value_int")) {
    tensor = HostTensor::FromVector<int64_t>(DType::kInt64, Shape(), {node->Int("value_int", 0)});
  } else if (node->Has("value_floats")) {
    const std::vector<double> values = node->Floats("value_floats");
    tensor = HostTensor::FromVector(DType::kFloat32, Shape{static_cast<int64_t>(values.size())},
                                    std::vector<float>(values.begin(), values.end()));
  } else if (node->Has("value_ints")) {
    const std::vector<int64_t> values = node->Ints("value_ints");
    tensor =
        HostTensor::FromVector(DType::kInt64, Shape{static_cast<int64_t>(values.size())}, values);
  } else {
    return Unsupported("expected value, sparse_value, value_float(s) or value_int(s)");
  }
  node->SetResult(node->AddConstant("", std::move(tensor)));
  return Status::Ok();
}

Status ConvertConstantOfShape(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  HostTensor value = HostTensor::FromVector<float>(DType::kFloat32, Shape{1}, {0});
  if (node->Has("value")) {
    MACE_ASSIGN_OR_RETURN(value, node->Tensor("value"));
  }
  if (value.shape().elements() != 1) {
    return InvalidArgument("value: expected one element, found " + value.shape().ToString());
  }
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> dims, node->Numbers(0));
  MACE_ASSIGN_OR_RETURN(Shape shape, Shape::Make(std::move(dims)));
  MACE_ASSIGN_OR_RETURN(const ValueId filled, EmitFilled(node, value, std::move(shape)));
  node->SetResult(filled);
  return Status::Ok();
}

// Shapes are known at import: what is computed from them is, too.
Status ConvertShape(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  const std::vector<int64_t>& dims = node->shape(0).dims();
  const int64_t rank = static_cast<int64_t>(dims.size());
  const auto clamp = [rank](int64_t at) {
    return std::clamp<int64_t>(at < 0 ? at + rank : at, 0, rank);
  };
  const int64_t start = clamp(node->Int("start", 0)), end = clamp(node->Int("end", rank));
  node->SetResult(node->AddInts(
      "", std::vector<int64_t>(dims.begin() + start, dims.begin() + std::max(start, end))));
  return Status::Ok();
}

Status ConvertSize(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  node->SetResult(node->AddConstant(
      "", HostTensor::FromVector<int64_t>(DType::kInt64, Shape(), {node->shape(0).elements()})));
  return Status::Ok();
}

Status ConvertReshape(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 2));
  AttributeMap attributes;
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> dim, node->Numbers(1));
  if (node->Int("allowzero", 0) != 0) attributes.Set("allowzero", int64_t{1});
  attributes.Set("dim", std::move(dim));
  return node->EmitResult("Reshape", {node->input(0)}, std::move(attributes));
}

Status ConvertFlatten(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  const Shape shape = node->shape(0);
  int64_t axis = node->Int("axis", 1);
  if (axis < 0) axis += shape.rank();
  if (axis < 0 || axis > shape.rank()) {
    return InvalidArgument("axis: expected 0 to " + std::to_string(shape.rank()) + ", found " +
                           std::to_string(axis));
  }
  const int at = static_cast<int>(axis);
  AttributeMap attributes;
  attributes.Set("dim",
                 std::vector<int64_t>{shape.elements(0, at), shape.elements(at, shape.rank())});
  attributes.Set("allowzero", int64_t{1});
  return node->EmitResult("Reshape", {node->input(0)}, std::move(attributes));
}

Status ConvertSqueeze(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 2));
  AttributeMap attributes;
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> axes, node->AttributeOrInput("axes", 1));
  if (!axes.empty()) attributes.Set("axis", std::move(axes));
  return node->EmitResult("Squeeze", {node->input(0)}, std::move(attributes));
}

Status ConvertUnsqueeze(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 2));
  AttributeMap attributes;
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> axes, node->AttributeOrInput("axes", 1));
  if (axes.empty()) return InvalidArgument("axes: expected at least one, found none");
  attributes.Set("axis", std::move(axes));
  return node->EmitResult("Unsqueeze", {node->input(0)}, std::move(attributes));
}

Status ConvertTranspose(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  std::vector<int64_t> reversed;
  for (int axis = node->shape(0).rank() - 1; axis >= 0; --axis) reversed.push_back(axis);
  AttributeMap attributes;
  attributes.Set("dims", node->Ints("perm", reversed));
  return node->EmitResult("Transpose", {node->input(0)}, std::move(attributes));
}

// Halves are float32 in the graph, but a constant that was rounded stays so.
Status EmitCast(OnnxNode* node, DType dtype) {
  const DType from = node->dtype(0);
  const HostTensor* constant = node->Constant(0);
  if (constant != nullptr && IsFloat(from) && IsFloat(dtype) && dtype != DType::kFloat32) {
    MACE_RETURN_IF_ERROR(node->builder()->Reserve(
        "rounded values", static_cast<size_t>(constant->shape().elements()) * sizeof(float)));
    MACE_ASSIGN_OR_RETURN(const HostTensor rounded, constant->ConvertTo(dtype));
    MACE_ASSIGN_OR_RETURN(HostTensor floats, rounded.ConvertTo(DType::kFloat32));
    node->SetResult(node->AddConstant("", std::move(floats)));
    return Status::Ok();
  }
  if (from == dtype || (IsFloat(from) && IsFloat(dtype))) {
    node->SetResult(node->input(0));
    return Status::Ok();
  }
  if (dtype == DType::kBool) {
    MACE_ASSIGN_OR_RETURN(const ValueId truth,
                          EmitEltwise(node, EltwiseType::kNotEqual, node->input(0), 0.0));
    node->SetResult(truth);
    return Status::Ok();
  }
  ValueId x = node->input(0);
  if (IsFloat(from) && IsBelowByte(dtype)) {
    // The standard's reference truncates and keeps the lowest bits, where our Cast saturates.
    MACE_ASSIGN_OR_RETURN(x, EmitCast(node, x, DType::kInt32));
  }
  AttributeMap attributes;
  attributes.Set("dtype", std::string(DTypeName(IsFloat(dtype) ? DType::kFloat32 : dtype)));
  return node->EmitResult("Cast", {x}, std::move(attributes));
}

// Integers that the graph has as floats already need not be made where floats are wanted.
Status CastQuantized(OnnxNode* node, DType dtype) {
  const OnnxQuantized& x = *node->Quantized(0);
  if (IsFloat(dtype) && x.is_centred && x.by.zero_point == kNoValue) {
    node->SetResult(x.floats);
    return Status::Ok();
  }
  MACE_ASSIGN_OR_RETURN(const ValueId integers, EmitOnnxIntegers(node, x));
  MACE_ASSIGN_OR_RETURN(const ValueId result, node->ConvertAs("Cast", {integers}));
  node->SetResult(result);
  return Status::Ok();
}

Status ConvertCast(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  node->Ignore({"saturate", "round_mode"});  // For floats of int8, which are refused.
  const int32_t wanted = static_cast<int32_t>(node->Int("to", 0));
  const DType dtype = OnnxType(wanted);
  if (dtype == DType::kInvalid) return Unsupported("to: element type " + OnnxTypeName(wanted));
  if (node->Quantized(0) != nullptr) return CastQuantized(node, dtype);
  return EmitCast(node, dtype);
}

// The bits of each element as those of another type of the same width.
Status ConvertBitCast(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  const int32_t wanted = static_cast<int32_t>(node->Int("to", 0));
  const DType from = node->dtype(0), to = OnnxType(wanted);
  const int bits = IntegerTypeOf(from == DType::kBool ? DType::kUInt8 : from).bits;
  // Integers keep the lowest bits when they are cast, which are all there are.
  if (bits > 0 && bits == IntegerTypeOf(to).bits) return EmitCast(node, to);
  const bool is_word = from == DType::kInt32 || from == DType::kUInt32 || from == DType::kFloat32;
  const bool is_to_word = to == DType::kInt32 || to == DType::kUInt32 || to == DType::kFloat32;
  if (!is_word || !is_to_word || wanted == onnx::TensorProto::DOUBLE) {
    return Unsupported("to: expected a type whose bits the graph has; it computes " +
                       std::string(DTypeName(from)) + ", and " + OnnxTypeName(wanted) +
                       " was asked for");
  }
  AttributeMap attributes;
  attributes.Set("dtype", std::string(DTypeName(to)));
  return node->EmitResult("BitCast", {node->input(0)}, std::move(attributes));
}

Status ConvertCastLike(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 2));
  node->Ignore({"saturate", "round_mode"});
  return EmitCast(node, node->dtype(1));
}

Status EmitTile(OnnxNode* node, ValueId id, std::vector<int64_t> multiples) {
  if (std::all_of(multiples.begin(), multiples.end(), [](int64_t n) { return n == 1; })) {
    node->SetResult(id);
    return Status::Ok();
  }
  const Shape shape = node->builder()->ShapeOf(id);
  bool broadcasts = true;
  for (size_t axis = 0; axis < multiples.size(); ++axis) {
    broadcasts = broadcasts && (multiples[axis] == 1 || shape[static_cast<int>(axis)] == 1);
  }
  AttributeMap attributes;
  attributes.Set("multiples", std::move(multiples));
  MACE_RETURN_IF_ERROR(node->EmitResult("Tile", {id}, std::move(attributes)));
  if (broadcasts) node->builder()->NoteBroadcast(node->outputs()[0], id);
  return Status::Ok();
}

Status ConvertTile(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 2));
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> multiples, node->Numbers(1));
  const auto rank = static_cast<size_t>(node->shape(0).rank());
  if (multiples.size() != rank) {
    return InvalidArgument("repeats: expected a number for each of " + std::to_string(rank) +
                           " axes, found " + std::to_string(multiples.size()));
  }
  return EmitTile(node, node->input(0), std::move(multiples));
}

// Broadcasting, both ways.
Status ConvertExpand(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 2));
  const Shape from = node->shape(0);
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> dims, node->Numbers(1));
  MACE_ASSIGN_OR_RETURN(const Shape wanted, Shape::Make(std::move(dims)));
  MACE_ASSIGN_OR_RETURN(const Shape to, BroadcastShapes(from, wanted));
  MACE_RETURN_IF_ERROR(Shape::Make(to.dims()).status());
  std::vector<int64_t> seen, multiples;
  for (int axis = 0; axis < to.rank(); ++axis) {
    seen.push_back(from.back(to.rank() - 1 - axis));
    multiples.push_back(seen.back() == to[axis] ? 1 : to[axis]);
  }
  ValueId id = node->input(0);
  if (to.rank() != from.rank()) {
    MACE_ASSIGN_OR_RETURN(id, node->builder()->Reshape(id, seen));
  }
  return EmitTile(node, id, std::move(multiples));
}

// start, limit, delta, all known.
Status ConvertRange(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3, 3));
  MACE_ASSIGN_OR_RETURN(const double start, node->Real(0));
  MACE_ASSIGN_OR_RETURN(const double limit, node->Real(1));
  MACE_ASSIGN_OR_RETURN(const double delta, node->Real(2));
  const double count = std::max(0.0, std::ceil((limit - start) / delta));
  if (!(count <= 1 << 24)) {
    return InvalidArgument("expected at most 2^24 numbers, found a range from " +
                           std::to_string(start) + " to " + std::to_string(limit) + " by " +
                           std::to_string(delta));
  }
  const DType dtype = node->dtype(0);
  const Shape shape{static_cast<int64_t>(count)};
  MACE_RETURN_IF_ERROR(
      node->builder()->Reserve("a range", static_cast<size_t>(count) * sizeof(int64_t)));
  if (IsFloat(dtype)) {
    std::vector<float> values(static_cast<size_t>(count));
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<float>(start + static_cast<double>(i) * delta);
    }
    node->SetResult(node->AddConstant("", HostTensor::FromVector(DType::kFloat32, shape, values)));
    return Status::Ok();
  }
  MACE_ASSIGN_OR_RETURN(const int64_t first, node->Number(0));
  MACE_ASSIGN_OR_RETURN(const int64_t step, node->Number(2));
  std::vector<int64_t> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); ++i) values[i] = first + static_cast<int64_t>(i) * step;
  const HostTensor wide = HostTensor::FromVector(DType::kInt64, shape, std::move(values));
  MACE_ASSIGN_OR_RETURN(HostTensor range, wide.ConvertTo(dtype));
  node->SetResult(node->AddConstant("", std::move(range)));
  return Status::Ok();
}

// Ones on a diagonal of a matrix like the input.
Status ConvertEyeLike(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  const Shape shape = node->shape(0);
  if (shape.rank() != 2) return InvalidArgument("expected a matrix, found " + shape.ToString());
  const int32_t wanted = static_cast<int32_t>(node->Int("dtype", 0));
  const DType dtype = wanted == 0 ? node->dtype(0) : OnnxType(wanted);
  if (dtype == DType::kInvalid) return Unsupported("dtype: element type " + OnnxTypeName(wanted));
  const int64_t diagonal = node->Int("k", 0);
  const TensorInfo info{DType::kFloat32, shape};
  MACE_RETURN_IF_ERROR(node->builder()->Reserve("a matrix", info.bytes()));
  MACE_ASSIGN_OR_RETURN(HostTensor eye, HostTensor::Allocate(info));
  for (int64_t row = 0; row < shape[0]; ++row) {
    const bool inside = diagonal > -shape[0] && diagonal < shape[1] && row + diagonal >= 0 &&
                        row + diagonal < shape[1];
    if (inside) eye.f32()[row * shape[1] + row + diagonal] = 1;
  }
  MACE_ASSIGN_OR_RETURN(HostTensor converted, eye.ConvertTo(dtype));
  node->SetResult(node->AddConstant("", std::move(converted)));
  return Status::Ok();
}

}  // namespace

const OnnxConverterEntry kOnnxShapeConverters[] = {
    {"BitCast", ConvertBitCast},
    {"Cast", ConvertCast},
    {"CastLike", ConvertCastLike},
    {"Constant", ConvertConstant},
    {"ConstantOfShape", ConvertConstantOfShape},
    {"Dropout", ConvertDropout},
    {"Expand", ConvertExpand},
    {"EyeLike", ConvertEyeLike},
    {"Flatten", ConvertFlatten},
    {"Identity", ConvertIdentity},
    {"Range", ConvertRange},
    {"Reshape", ConvertReshape},
    {"Shape", ConvertShape},
    {"Size", ConvertSize},
    {"Squeeze", ConvertSqueeze},
    {"Tile", ConvertTile},
    {"Transpose", ConvertTranspose},
    {"Unsqueeze", ConvertUnsqueeze},
    {nullptr, nullptr},
};

}  // namespace mace
