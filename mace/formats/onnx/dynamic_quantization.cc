#include "mace/formats/onnx/dynamic_quantization.h"

#include <utility>
#include <vector>

#include "mace/formats/onnx/emit.h"
#include "mace/formats/onnx/emit_quantized.h"

namespace mace {
namespace {

StatusOr<ValueId> EmitReducedToScalar(OnnxNode* node, OnnxReduce type, ValueId x) {
  std::vector<int64_t> axes;
  for (int axis = 0; axis < node->builder()->ShapeOf(x).rank(); ++axis) axes.push_back(axis);
  if (axes.empty()) return x;
  AttributeMap attributes;
  attributes.Set("reduce_type", static_cast<int64_t>(type));
  attributes.Set("axis", std::move(axes));
  attributes.Set("keepdims", int64_t{0});
  return node->Emit("/reduced", "Reduce", {x}, std::move(attributes));
}

}  // namespace

// As the standard says: the range is that of x and 0, and x / scale + zero_point is rounded. Where
// all elements are 0 the scale is 1, so that nothing is divided by 0.
StatusOr<OnnxDynamic> EmitDynamicQuantization(OnnxNode* node, ValueId x) {
  MACE_ASSIGN_OR_RETURN(ValueId low, EmitReducedToScalar(node, OnnxReduce::kMinimum, x));
  MACE_ASSIGN_OR_RETURN(ValueId high, EmitReducedToScalar(node, OnnxReduce::kMaximum, x));
  MACE_ASSIGN_OR_RETURN(low, EmitEltwise(node, OnnxEltwise::kMinimum, low, 0.0));
  MACE_ASSIGN_OR_RETURN(high, EmitEltwise(node, OnnxEltwise::kMaximum, high, 0.0));
  OnnxDynamic result;
  MACE_ASSIGN_OR_RETURN(const ValueId range,
                        EmitEltwise(node, OnnxEltwise::kDifference, high, low));
  MACE_ASSIGN_OR_RETURN(ValueId none, EmitEltwise(node, OnnxEltwise::kEqual, range, 0.0));
  MACE_ASSIGN_OR_RETURN(none, EmitCast(node, none, DType::kFloat32));
  MACE_ASSIGN_OR_RETURN(ValueId scale, EmitEltwise(node, OnnxEltwise::kQuotient, range, 255.0));
  MACE_ASSIGN_OR_RETURN(result.scale, EmitEltwise(node, OnnxEltwise::kSum, scale, none));
  MACE_ASSIGN_OR_RETURN(ValueId zero, EmitEltwise(node, OnnxEltwise::kQuotient, low, result.scale));
  MACE_ASSIGN_OR_RETURN(zero, EmitEltwise(node, OnnxEltwise::kProduct, zero, -1.0));
  MACE_ASSIGN_OR_RETURN(zero, EmitClipped(node, zero, 0, 255));
  MACE_ASSIGN_OR_RETURN(result.zero_point, EmitUnary(node, "round", zero));
  MACE_ASSIGN_OR_RETURN(ValueId q, EmitEltwise(node, OnnxEltwise::kQuotient, x, result.scale));
  MACE_ASSIGN_OR_RETURN(q, EmitUnary(node, "round", q));
  MACE_ASSIGN_OR_RETURN(q, EmitEltwise(node, OnnxEltwise::kSum, q, result.zero_point));
  MACE_ASSIGN_OR_RETURN(q, EmitClipped(node, q, 0, 255));
  MACE_ASSIGN_OR_RETURN(result.centred,
                        EmitEltwise(node, OnnxEltwise::kDifference, q, result.zero_point));
  return result;
}

}  // namespace mace
