#include "mace/formats/tflite/quantized.h"

#include <cmath>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace mace {
namespace {

// Operators whose results hold elements of their inputs, or 0, and nothing else.
bool MovesElements(tflite::BuiltinOperator code) {
  static const auto* const kCodes = new std::set<tflite::BuiltinOperator>{
      tflite::BuiltinOperator_BATCH_TO_SPACE_ND,
      tflite::BuiltinOperator_BROADCAST_TO,
      tflite::BuiltinOperator_CONCATENATION,
      tflite::BuiltinOperator_DEPTH_TO_SPACE,
      tflite::BuiltinOperator_EMBEDDING_LOOKUP,
      tflite::BuiltinOperator_EXPAND_DIMS,
      tflite::BuiltinOperator_FILL,
      tflite::BuiltinOperator_GATHER,
      tflite::BuiltinOperator_GATHER_ND,
      tflite::BuiltinOperator_MATRIX_DIAG,
      tflite::BuiltinOperator_MATRIX_SET_DIAG,
      tflite::BuiltinOperator_MAX_POOL_2D,
      tflite::BuiltinOperator_MAXIMUM,
      tflite::BuiltinOperator_MINIMUM,
      tflite::BuiltinOperator_MIRROR_PAD,
      tflite::BuiltinOperator_ONE_HOT,
      tflite::BuiltinOperator_PACK,
      tflite::BuiltinOperator_PAD,
      tflite::BuiltinOperator_PADV2,
      tflite::BuiltinOperator_REDUCE_MAX,
      tflite::BuiltinOperator_REDUCE_MIN,
      tflite::BuiltinOperator_RESHAPE,
      tflite::BuiltinOperator_RESIZE_NEAREST_NEIGHBOR,
      tflite::BuiltinOperator_REVERSE_SEQUENCE,
      tflite::BuiltinOperator_REVERSE_V2,
      tflite::BuiltinOperator_SELECT,
      tflite::BuiltinOperator_SELECT_V2,
      tflite::BuiltinOperator_SLICE,
      tflite::BuiltinOperator_SPACE_TO_BATCH_ND,
      tflite::BuiltinOperator_SPACE_TO_DEPTH,
      tflite::BuiltinOperator_SPLIT,
      tflite::BuiltinOperator_SPLIT_V,
      tflite::BuiltinOperator_SQUEEZE,
      tflite::BuiltinOperator_STRIDED_SLICE,
      tflite::BuiltinOperator_TILE,
      tflite::BuiltinOperator_TOPK_V2,
      tflite::BuiltinOperator_TRANSPOSE,
      tflite::BuiltinOperator_UNPACK,
      tflite::BuiltinOperator_ZEROS_LIKE,
  };
  return kCodes->count(code) > 0;
}

// Whether the results are reals of the output's integers without any rounding. The bound of an
// activation may lie between two of them.
bool AreExact(const TfliteNode& node, const TfliteQuantization& by) {
  if (!MovesElements(node.code()) || node.has_activation()) return false;
  bool any = false;
  for (size_t i = 0; i < node.input_count(); ++i) {
    if (!node.HasInput(i)) continue;
    const TfliteNode::Place& place = node.input_place(i);
    if (place.is_quantized()) {
      any = true;
      if (!(*place.quantization == by)) return false;
    } else if (IsFloat(node.dtype(i))) {
      return false;  // Any reals. Integers are indices, axes and shapes.
    }
  }
  return any;
}

// The nearest whole number, halves away from zero.
StatusOr<ValueId> EmitNearest(NodeEmitter* node, ValueId x) {
  MACE_ASSIGN_OR_RETURN(ValueId size, EmitEltwise(node, EltwiseType::kAbs, x));
  MACE_ASSIGN_OR_RETURN(size, EmitEltwise(node, EltwiseType::kSum, size, 0.5));
  MACE_ASSIGN_OR_RETURN(size, EmitUnary(node, "floor", size));
  MACE_ASSIGN_OR_RETURN(const ValueId sign, EmitEltwise(node, EltwiseType::kSign, x));
  return EmitEltwise(node, EltwiseType::kProd, size, sign);
}

}  // namespace

Status CheckTfliteResult(const TfliteQuantization& by) {
  if (by.is_per_tensor() && by.scales[0] > 0) return Status::Ok();
  return Unsupported(
      "quantization: expected one scale above 0 for a tensor that is no constant, "
      "found " +
      std::to_string(by.scales.size()) + " that begin with " + std::to_string(by.scales[0]));
}

StatusOr<ValueId> EmitTfliteRounded(NodeEmitter* node, ValueId x, const TfliteQuantization& by) {
  MACE_RETURN_IF_ERROR(CheckTfliteResult(by));
  const double scale = double{by.scales[0]}, zero = static_cast<double>(by.zero_points[0]);
  MACE_ASSIGN_OR_RETURN(x, EmitCast(node, x, DType::kFloat32));
  MACE_ASSIGN_OR_RETURN(ValueId steps, EmitEltwise(node, EltwiseType::kDiv, x, scale));
  MACE_ASSIGN_OR_RETURN(steps, EmitNearest(node, steps));
  MACE_ASSIGN_OR_RETURN(steps, EmitClipped(node, steps, by.low - zero, by.high - zero));
  return EmitEltwise(node, EltwiseType::kProd, steps, scale);
}

StatusOr<ValueId> EmitTfliteReals(NodeEmitter* node, ValueId integers,
                                  const TfliteQuantization& by) {
  MACE_RETURN_IF_ERROR(CheckTfliteResult(by));
  MACE_ASSIGN_OR_RETURN(ValueId x, EmitCast(node, integers, DType::kFloat32));
  if (by.zero_points[0] != 0) {
    MACE_ASSIGN_OR_RETURN(
        x, EmitEltwise(node, EltwiseType::kSub, x, static_cast<double>(by.zero_points[0])));
  }
  return EmitEltwise(node, EltwiseType::kProd, x, double{by.scales[0]});
}

StatusOr<ValueId> EmitTfliteIntegers(NodeEmitter* node, ValueId reals,
                                     const TfliteQuantization& by) {
  MACE_ASSIGN_OR_RETURN(ValueId q, EmitTfliteSteps(node, reals, by));
  // Devices have a kernel from floats to int32; from there on a narrower type costs nothing.
  MACE_ASSIGN_OR_RETURN(q, EmitCast(node, q, DType::kInt32));
  return EmitCast(node, q, TfliteGraphType(by.type));
}

bool KeepsTfliteScale(const TfliteNode& node) {
  const TfliteNode::Place &x = node.input_place(0), &y = node.output_place(0);
  return x.is_quantized() && y.is_quantized() && *x.quantization == *y.quantization;
}

StatusOr<ValueId> EmitTfliteSteps(NodeEmitter* node, ValueId reals, const TfliteQuantization& by) {
  MACE_RETURN_IF_ERROR(CheckTfliteResult(by));
  MACE_ASSIGN_OR_RETURN(ValueId q,
                        EmitEltwise(node, EltwiseType::kDiv, reals, double{by.scales[0]}));
  MACE_ASSIGN_OR_RETURN(q, EmitUnary(node, "round", q));
  if (by.zero_points[0] == 0) return q;
  return EmitEltwise(node, EltwiseType::kSum, q, static_cast<double>(by.zero_points[0]));
}

StatusOr<ValueId> EmitTfliteRoundedSteps(NodeEmitter* node, ValueId steps,
                                         const TfliteQuantization& by) {
  MACE_ASSIGN_OR_RETURN(steps, EmitNearest(node, steps));
  MACE_ASSIGN_OR_RETURN(steps, EmitClipped(node, steps, by.low, by.high));
  return EmitTfliteReals(node, steps, by);
}

namespace {

// Whether a result of type `found` is what the model's file says of it. The graph has one type of
// floats, pairs of them for complex numbers, and wider integers in the place of some.
Status CheckResultType(const TfliteNode& node, const TfliteNode::Place& place, DType found) {
  const bool is_complex = place.tensor->type() == tflite::TensorType_COMPLEX64;
  const DType said =
      place.is_quantized() || is_complex ? DType::kFloat32 : TfliteGraphType(place.tensor->type());
  const std::string type = TfliteTypeName(place.tensor->type());
  if (said == DType::kInvalid) return Unsupported("element type " + type + " of a result");
  const bool is_same = IsFloat(said)
                           ? IsFloat(found)
                           : !IsFloat(found) && (said == DType::kBool) == (found == DType::kBool);
  if (!is_same) {
    return Corruption(std::string("result: expected ") + DTypeName(found) +
                      ", which the operator gives, found a tensor of type " + type);
  }
  const bool is_short = place.tensor->type() == tflite::TensorType_INT16 ||
                        place.tensor->type() == tflite::TensorType_UINT16;
  if (!is_short || place.is_quantized() || MovesElements(node.code())) return Status::Ok();
  return Unsupported("result: expected a scale for numbers of " + type +
                     " that are computed, found none");
}

}  // namespace

Status CheckTfliteResults(const TfliteNode& node) {
  if (node.results().size() != node.output_count()) {
    return InvalidArgument("expected " + std::to_string(node.results().size()) +
                           " outputs, found " + std::to_string(node.output_count()));
  }
  for (size_t i = 0; i < node.output_count(); ++i) {
    const ValueId result = node.results()[i];
    const DType found = node.builder()->graph().value(result).info.dtype;
    MACE_RETURN_IF_ERROR(CheckResultType(node, node.output_place(i), found));
  }
  return Status::Ok();
}

Status RoundTfliteResults(TfliteNode* node) {
  std::vector<ValueId> results = node->results();
  for (size_t i = 0; i < results.size() && i < node->output_count(); ++i) {
    const TfliteNode::Place& place = node->output_place(i);
    if (!place.is_quantized()) continue;
    MACE_RETURN_IF_ERROR(CheckTfliteResult(*place.quantization));
    if (AreExact(*node, *place.quantization)) continue;
    MACE_ASSIGN_OR_RETURN(results[i], EmitTfliteRounded(node, results[i], *place.quantization));
  }
  node->SetResults(std::move(results));
  return Status::Ok();
}

}  // namespace mace
