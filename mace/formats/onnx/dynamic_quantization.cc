#include "mace/formats/onnx/dynamic_quantization.h"

#include <utility>
#include <vector>

#include "mace/formats/onnx/emit.h"
#include "mace/formats/onnx/emit_quantized.h"

namespace mace {
namespace {

// The tensor's rank becomes 0.
StatusOr<ValueId> EmitReducedToScalar(OnnxNode* node, ReduceType type, ValueId x) {
  std::vector<int64_t> axes;
  for (int axis = 0; axis < node->builder()->ShapeOf(x).rank(); ++axis) axes.push_back(axis);
  return EmitReduce(node, type, x, std::move(axes), false);
}

}  // namespace

// As the standard says: the range is that of x and 0, and x / scale + zero_point is rounded. Where
// all elements are 0 the scale is 1, so that nothing is divided by 0.
StatusOr<OnnxDynamic> EmitDynamicQuantization(OnnxNode* node, ValueId x) {
  MACE_ASSIGN_OR_RETURN(ValueId low, EmitReducedToScalar(node, ReduceType::kMin, x));
  MACE_ASSIGN_OR_RETURN(ValueId high, EmitReducedToScalar(node, ReduceType::kMax, x));
  MACE_ASSIGN_OR_RETURN(low, EmitEltwise(node, EltwiseType::kMin, low, 0.0));
  MACE_ASSIGN_OR_RETURN(high, EmitEltwise(node, EltwiseType::kMax, high, 0.0));
  OnnxDynamic result;
  MACE_ASSIGN_OR_RETURN(const ValueId range, EmitEltwise(node, EltwiseType::kSub, high, low));
  MACE_ASSIGN_OR_RETURN(ValueId none, EmitEltwise(node, EltwiseType::kEqual, range, 0.0));
  MACE_ASSIGN_OR_RETURN(none, EmitCast(node, none, DType::kFloat32));
  MACE_ASSIGN_OR_RETURN(ValueId scale, EmitEltwise(node, EltwiseType::kDiv, range, 255.0));
  MACE_ASSIGN_OR_RETURN(result.scale, EmitEltwise(node, EltwiseType::kSum, scale, none));
  MACE_ASSIGN_OR_RETURN(ValueId zero, EmitEltwise(node, EltwiseType::kDiv, low, result.scale));
  MACE_ASSIGN_OR_RETURN(zero, EmitEltwise(node, EltwiseType::kProd, zero, -1.0));
  MACE_ASSIGN_OR_RETURN(zero, EmitClipped(node, zero, 0, 255));
  MACE_ASSIGN_OR_RETURN(result.zero_point, EmitUnary(node, "round", zero));
  MACE_ASSIGN_OR_RETURN(ValueId q, EmitEltwise(node, EltwiseType::kDiv, x, result.scale));
  MACE_ASSIGN_OR_RETURN(q, EmitUnary(node, "round", q));
  MACE_ASSIGN_OR_RETURN(q, EmitEltwise(node, EltwiseType::kSum, q, result.zero_point));
  MACE_ASSIGN_OR_RETURN(q, EmitClipped(node, q, 0, 255));
  MACE_ASSIGN_OR_RETURN(result.centred, EmitEltwise(node, EltwiseType::kSub, q, result.zero_point));
  return result;
}

}  // namespace mace
