#include "mace/formats/onnx/emit_quantized.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "mace/base/divide.h"
#include "mace/base/strings.h"
#include "mace/formats/onnx/emit.h"
#include "mace/graph/constant_identity.h"
#include "mace/graph/derived_constants.h"
#include "mace/ops/elementwise/dequantize_tensor.h"

namespace mace {
namespace {

bool IsOneNumber(GraphBuilder* builder, ValueId id) {
  return id == kNoValue || builder->graph().value(id).info.shape.elements() == 1;
}

// One number, one for each place of the axis, or one for each block of it.
Status CheckPlaces(const char* who, const Shape& found, const Shape& x,
                   const OnnxQuantization& by) {
  if (found.elements() == 1 && found.rank() <= 1 && by.block_size == 0) return Status::Ok();
  std::vector<int64_t> expected;
  if (x.rank() > 0) expected = {x[by.axis]};
  if (by.block_size > 0 && x.rank() > 0) {
    expected = x.dims();
    int64_t& extent = expected[static_cast<size_t>(by.axis)];
    extent = CeilDivide(extent, by.block_size);
  }
  if (found.dims() == expected) return Status::Ok();
  return InvalidArgument(std::string(who) + ": expected one number or " +
                         Shape(expected).ToString() + " of them for " + x.ToString() + ", found " +
                         found.ToString());
}

Status CheckScale(GraphBuilder* builder, ValueId scale) {
  if (!IsFloat(builder->graph().value(scale).info.dtype)) {
    return InvalidArgument(std::string("scale: expected floats, found ") +
                           DTypeName(builder->graph().value(scale).info.dtype));
  }
  return Status::Ok();
}

using Proto = onnx::TensorProto;

// The only number of a constant; false for other values. kNoValue is 0.
bool ReadOneNumber(GraphBuilder* builder, ValueId id, double* number) {
  *number = 0;
  if (id == kNoValue) return true;
  const HostTensor* constant = builder->ConstantOf(id);
  if (constant == nullptr || constant->shape().elements() != 1) return false;
  *number = double{ToFloatVector(*constant)[0]};
  return true;
}

bool IsZero(GraphBuilder* builder, ValueId id) {
  const HostTensor* constant = id == kNoValue ? nullptr : builder->ConstantOf(id);
  if (id == kNoValue || constant == nullptr) return id == kNoValue;
  const std::vector<float> numbers = ToFloatVector(*constant);
  return std::all_of(numbers.begin(), numbers.end(), [](float number) { return number == 0; });
}

// Whether two values are known to hold the same numbers.
bool HoldSame(GraphBuilder* builder, ValueId a, ValueId b) {
  if (a == b) return true;
  if (IsZero(builder, a) && IsZero(builder, b)) return true;
  if (a == kNoValue || b == kNoValue) return false;
  const HostTensor *first = builder->ConstantOf(a), *second = builder->ConstantOf(b);
  if (first == nullptr || second == nullptr) return false;
  return first->shape().elements() == second->shape().elements() &&
         ToFloatVector(*first) == ToFloatVector(*second);
}

bool HaveSamePlaces(GraphBuilder* builder, const OnnxQuantization& a, const OnnxQuantization& b) {
  const bool single = IsPerTensor(builder, a) && IsPerTensor(builder, b);
  return single || (a.axis == b.axis && a.block_size == b.block_size);
}

// `a` and numbers that broadcast to it; one known number becomes an attribute, which is faster.
StatusOr<ValueId> EmitWith(OnnxNode* node, EltwiseType type, ValueId a, ValueId numbers,
                           const OnnxQuantization& by) {
  double number = 0;
  const Shape shape = node->builder()->ShapeOf(a);
  if (node->builder()->ConstantOf(a) == nullptr &&
      ReadOneNumber(node->builder(), numbers, &number)) {
    return EmitEltwise(node, type, a, number);
  }
  MACE_ASSIGN_OR_RETURN(const ValueId places, EmitForElements(node, numbers, shape, by));
  return EmitEltwise(node, type, a, places);
}

// Constant integers as floats: the reals, or without a scale q - zero_point.
StatusOr<ValueId> FoldDequantized(OnnxNode* node, size_t index, const OnnxQuantization& by) {
  GraphBuilder* builder = node->builder();
  const HostTensor integers = *node->Constant(index);
  DequantizeOptions options;
  options.axis = by.axis;
  options.block_size = by.block_size;
  if (by.scale != kNoValue) options.scale = builder->ConstantOf(by.scale);
  if (by.zero_point != kNoValue) options.zero_point = builder->ConstantOf(by.zero_point);
  MACE_RETURN_IF_ERROR(builder->budget().Convert(
      "float values", static_cast<uint64_t>(integers.shape().elements()) * sizeof(float)));
  IdentityHasher hasher("dequantized");
  hasher.Add(std::vector<int64_t>{by.axis, by.block_size, by.scale == kNoValue,
                                  by.zero_point == kNoValue});
  std::vector<HostTensor> sources = {integers};
  if (options.scale != nullptr) sources.push_back(*options.scale);
  if (options.zero_point != nullptr) sources.push_back(*options.zero_point);
  for (const HostTensor& source : sources) hasher.Add(source);
  MACE_ASSIGN_OR_RETURN(HostTensor floats,
                        DeriveConstant(builder->graph().derived, hasher.Finish(), sources,
                                       [&] { return DequantizeTensor(integers, options); }));
  const ValueId result = node->AddConstant("/floats", std::move(floats));
  double scale = 0;
  if (by.scale != kNoValue && ReadOneNumber(builder, by.scale, &scale) && scale > 0 &&
      std::isfinite(scale) && IsPerTensor(builder, by) && DTypeSize(integers.dtype()) == 1) {
    node->quantized()->SetFilterScale(result, static_cast<float>(scale));
  }
  return result;
}

bool IsKnown(GraphBuilder* builder, ValueId id) {
  return id == kNoValue || builder->ConstantOf(id) != nullptr;
}

bool CanFold(const OnnxNode& node, size_t index, const OnnxQuantization& by) {
  const HostTensor* constant = node.Constant(index);
  return constant != nullptr && !IsFloat(constant->dtype()) && IsKnown(node.builder(), by.scale) &&
         IsKnown(node.builder(), by.zero_point);
}

}  // namespace

void MarkMovedOnnxTensors(OnnxNode* node) {
  if (!MovesOnnxElements(node->op()) || node->input_count() == 0) return;
  const OnnxQuantized* from = node->Quantized(0);
  if (from == nullptr || !from->is_movable) return;
  for (size_t i = 0; i < node->outputs().size(); ++i) {
    OnnxQuantized moved = *from;
    moved.floats = node->outputs()[i];
    node->SetQuantizedResult(moved, i);
  }
}

bool MovesOnnxElements(const std::string& op) {
  static const auto* const kOps = new std::unordered_set<std::string>{
      "DepthToSpace", "Expand",       "Flatten", "Gather",  "Identity", "MaxPool",   "Reshape",
      "Slice",        "SpaceToDepth", "Split",   "Squeeze", "Tile",     "Transpose", "Unsqueeze"};
  return kOps->count(op) > 0;
}

bool IsPerTensor(GraphBuilder* builder, const OnnxQuantization& by) {
  return by.block_size == 0 && IsOneNumber(builder, by.scale) &&
         IsOneNumber(builder, by.zero_point);
}

StatusOr<OnnxQuantization> BindOnnxQuantization(const OnnxNode& node, const Shape& x,
                                                const OnnxQuantizationInputs& inputs) {
  OnnxQuantization by;
  by.scale = node.input(inputs.scale);
  MACE_RETURN_IF_ERROR(CheckScale(node.builder(), by.scale));
  if (node.HasInput(inputs.zero_point)) by.zero_point = node.input(inputs.zero_point);
  if (inputs.block_size < 0) {
    return InvalidArgument("block_size: expected 0 or more, found " +
                           std::to_string(inputs.block_size));
  }
  by.block_size = inputs.block_size;
  if (by.block_size > 0 || !IsPerTensor(node.builder(), by)) {
    MACE_ASSIGN_OR_RETURN(by.axis, NormalizeAxis(inputs.axis, x.rank()));
  }
  if (by.block_size > 0) {
    // A larger block holds the whole axis as well.
    by.block_size = std::min(by.block_size, std::max<int64_t>(1, x[by.axis]));
  }
  MACE_RETURN_IF_ERROR(CheckPlaces("scale", node.shape(inputs.scale), x, by));
  if (by.zero_point != kNoValue) {
    MACE_RETURN_IF_ERROR(CheckPlaces("zero point", node.shape(inputs.zero_point), x, by));
  }
  return by;
}

int32_t OnnxTypeOfInput(const OnnxNode& node, size_t index) {
  if (const OnnxQuantized* quantized = node.Quantized(index)) return quantized->type;
  const DType dtype = node.dtype(index);
  return IsFloat(dtype) ? int32_t{Proto::FLOAT} : OnnxTypeOf(dtype);
}

StatusOr<ValueId> EmitForElements(OnnxNode* node, ValueId numbers, const Shape& x,
                                  const OnnxQuantization& by) {
  GraphBuilder* builder = node->builder();
  MACE_ASSIGN_OR_RETURN(numbers, EmitCast(node, numbers, DType::kFloat32));
  const Shape shape = builder->ShapeOf(numbers);
  if (by.block_size > 0) {
    // The extent may be that of an input of the model, of any size.
    MACE_RETURN_IF_ERROR(builder->Reserve("the blocks of an axis",
                                          static_cast<size_t>(x[by.axis]) * sizeof(int64_t)));
    std::vector<int64_t> block_of_place;
    for (int64_t i = 0; i < x[by.axis]; ++i) block_of_place.push_back(i / by.block_size);
    return EmitGather(node, numbers, node->AddInts("/blocks", block_of_place), by.axis);
  }
  if (shape.elements() == 1) {
    if (shape.rank() <= x.rank()) return numbers;
    return builder->Reshape(numbers, {});
  }
  std::vector<int64_t> dims(static_cast<size_t>(x.rank()), 1);
  dims[static_cast<size_t>(by.axis)] = shape.elements();
  return builder->Reshape(numbers, dims);
}

StatusOr<ValueId> EmitOnnxIntegers(OnnxNode* node, const OnnxQuantized& quantized) {
  const OnnxQuantization& by = quantized.by;
  ValueId q = quantized.floats;
  if (!quantized.is_centred) {
    MACE_ASSIGN_OR_RETURN(q, EmitWith(node, EltwiseType::kDiv, q, by.scale, by));
    MACE_ASSIGN_OR_RETURN(q, EmitUnary(node, "round", q));
  }
  if (!IsZero(node->builder(), by.zero_point)) {
    MACE_ASSIGN_OR_RETURN(q, EmitWith(node, EltwiseType::kSum, q, by.zero_point, by));
  }
  // Devices have a kernel from floats to int32; from there on a narrower type
  // costs nothing.
  MACE_ASSIGN_OR_RETURN(q, EmitCast(node, q, DType::kInt32));
  if (quantized.type == Proto::INT32) return q;
  MACE_ASSIGN_OR_RETURN(const OnnxIntegerRange range, OnnxRangeOf(quantized.type));
  return EmitCast(node, q, range.dtype);
}

StatusOr<ValueId> EmitIntegersOf(const std::string& tensor, const OnnxTensorSource& source,
                                 OnnxQuantizedTensors* tensors) {
  const OnnxQuantized* quantized = tensors->Find(tensor);
  if (quantized == nullptr) return source.builder->Find(tensor);
  const ValueId made = tensors->IntegersOf(tensor);
  if (made != kNoValue) return made;
  const onnx::NodeProto none;
  OnnxNode node(none, tensor + "/integers", 0, {}, source);
  MACE_ASSIGN_OR_RETURN(const ValueId integers, EmitOnnxIntegers(&node, *quantized));
  tensors->SetIntegers(tensor, integers);
  return integers;
}

StatusOr<ValueId> EmitCentred(OnnxNode* node, size_t index, const OnnxQuantization& by) {
  GraphBuilder* const builder = node->builder();
  OnnxQuantization without_scale = by;
  without_scale.scale = kNoValue;
  if (CanFold(*node, index, by)) return FoldDequantized(node, index, without_scale);
  ValueId q = node->input(index);
  if (const OnnxQuantized* quantized = node->Quantized(index)) {
    const bool is_same = HoldSame(builder, quantized->by.zero_point, by.zero_point) &&
                         HaveSamePlaces(builder, quantized->by, by);
    if (is_same && quantized->is_centred) return quantized->floats;
    if (is_same) {
      MACE_ASSIGN_OR_RETURN(
          q, EmitWith(node, EltwiseType::kDiv, q, quantized->by.scale, quantized->by));
      return EmitUnary(node, "round", q);
    }
    MACE_ASSIGN_OR_RETURN(q, EmitOnnxIntegers(node, *quantized));
  }
  if (IsFloat(builder->graph().value(q).info.dtype)) {
    return InvalidArgument("input " + std::to_string(index) +
                           ": expected quantized integers, found floats");
  }
  MACE_ASSIGN_OR_RETURN(q, EmitCast(node, q, DType::kFloat32));
  if (IsZero(builder, by.zero_point)) return q;
  return EmitWith(node, EltwiseType::kSub, q, by.zero_point, by);
}

StatusOr<ValueId> EmitDequantized(OnnxNode* node, size_t index, const OnnxQuantization& by) {
  GraphBuilder* const builder = node->builder();
  if (CanFold(*node, index, by)) return FoldDequantized(node, index, by);
  const OnnxQuantized* quantized = node->Quantized(index);
  if (quantized != nullptr && !quantized->is_centred &&
      HoldSame(builder, quantized->by.scale, by.scale) &&
      HoldSame(builder, quantized->by.zero_point, by.zero_point) &&
      HaveSamePlaces(builder, quantized->by, by)) {
    return quantized->floats;
  }
  MACE_ASSIGN_OR_RETURN(const ValueId centred, EmitCentred(node, index, by));
  return EmitWith(node, EltwiseType::kProd, centred, by.scale, by);
}

namespace {

// x rounded to multiples of the scale: the reals of the integers.
StatusOr<ValueId> EmitRounded(OnnxNode* node, ValueId x, const OnnxQuantization& by,
                              const OnnxIntegerRange& range) {
  GraphBuilder* const builder = node->builder();
  double scale = 0, zero_point = 0;
  const bool is_zero_point_known = ReadOneNumber(builder, by.zero_point, &zero_point);
  const bool is_known = is_zero_point_known && ReadOneNumber(builder, by.scale, &scale);
  if (is_known && range.high - range.low == 255) {
    AttributeMap attributes;
    attributes.Set("function", std::string("round_to_int8"));
    attributes.Set("scale", scale);
    attributes.Set("low", range.low - zero_point);
    return node->Emit("", "Unary", {x}, std::move(attributes));
  }
  MACE_ASSIGN_OR_RETURN(ValueId q, EmitWith(node, EltwiseType::kDiv, x, by.scale, by));
  MACE_ASSIGN_OR_RETURN(q, EmitUnary(node, "round", q));
  if (!is_zero_point_known) {
    MACE_ASSIGN_OR_RETURN(q, EmitWith(node, EltwiseType::kSum, q, by.zero_point, by));
  }
  MACE_ASSIGN_OR_RETURN(q, EmitClipped(node, q, range.low - zero_point, range.high - zero_point));
  if (!is_zero_point_known) {
    MACE_ASSIGN_OR_RETURN(q, EmitWith(node, EltwiseType::kSub, q, by.zero_point, by));
  }
  return EmitWith(node, EltwiseType::kProd, q, by.scale, by);
}

Status CheckScalesAreAboveZero(GraphBuilder* builder, ValueId scale) {
  const HostTensor* constant = builder->ConstantOf(scale);
  if (constant == nullptr) return Status::Ok();
  for (float number : ToFloatVector(*constant)) {
    if (number > 0 && std::isfinite(number)) continue;
    return InvalidArgument("scale: expected numbers above 0, found " + std::to_string(number));
  }
  return Status::Ok();
}

}  // namespace

Status SetQuantizedResult(OnnxNode* node, ValueId x, const OnnxQuantization& by, int32_t type) {
  MACE_ASSIGN_OR_RETURN(const OnnxIntegerRange range, OnnxRangeOf(type));
  MACE_RETURN_IF_ERROR(CheckScalesAreAboveZero(node->builder(), by.scale));
  MACE_ASSIGN_OR_RETURN(x, EmitCast(node, x, DType::kFloat32));
  OnnxQuantized result;
  result.type = type;
  result.by = by;
  MACE_ASSIGN_OR_RETURN(result.floats, EmitRounded(node, x, by, range));
  result.is_movable = IsPerTensor(node->builder(), by) && node->builder()->ConstantOf(by.scale);
  node->SetQuantizedResult(result);
  return Status::Ok();
}

}  // namespace mace
