// Short ways to the graph's nodes that several converters of ONNX ops are made of.
#ifndef MACE_FORMATS_ONNX_EMIT_H_
#define MACE_FORMATS_ONNX_EMIT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "mace/formats/onnx/node.h"

namespace mace {

// The attribute `type` of Eltwise.
enum class OnnxEltwise : int64_t {
  kSum = 0,
  kDifference = 1,
  kProduct = 2,
  kQuotient = 3,
  kMinimum = 4,
  kMaximum = 5,
  kAbsolute = 7,
  kPower = 9,
  kEqual = 10,
  kNotEqual = 15,
  kLess = 16,
  kLessOrEqual = 17,
  kGreater = 18,
  kGreaterOrEqual = 19,
  kAnd = 20,
  kModulo = 23,
};

// The attribute `reduce_type` of Reduce.
enum class OnnxReduce : int64_t { kMean = 0, kMinimum = 1, kMaximum = 2, kSum = 4 };

StatusOr<ValueId> EmitEltwise(OnnxNode* node, OnnxEltwise type, ValueId a, ValueId b);
StatusOr<ValueId> EmitEltwise(OnnxNode* node, OnnxEltwise type, ValueId a);
// b is a number. Where a holds integers, the number must be exact as a float, so below 2^24.
StatusOr<ValueId> EmitEltwise(OnnxNode* node, OnnxEltwise type, ValueId a, double b);
StatusOr<ValueId> EmitUnary(OnnxNode* node, const char* function, ValueId x);
StatusOr<ValueId> EmitCast(OnnxNode* node, ValueId x, DType dtype);
// Over these axes, which stay with extent 1.
StatusOr<ValueId> EmitReduce(OnnxNode* node, OnnxReduce type, ValueId x, std::vector<int64_t> axes);
StatusOr<ValueId> EmitSlice(OnnxNode* node, ValueId x, int64_t axis, int64_t start, int64_t end);
StatusOr<ValueId> EmitConcat(OnnxNode* node, std::vector<ValueId> parts, int64_t axis);
StatusOr<ValueId> EmitGather(OnnxNode* node, ValueId x, ValueId indices, int64_t axis);
StatusOr<ValueId> EmitMatMul(OnnxNode* node, ValueId a, ValueId b, bool transpose_b);
// condition is of bools; the others are of one type.
StatusOr<ValueId> EmitWhere(OnnxNode* node, ValueId condition, ValueId a, ValueId b);
StatusOr<ValueId> EmitSoftmax(OnnxNode* node, ValueId x, int64_t axis);
StatusOr<ValueId> EmitActivation(OnnxNode* node, const char* activation, ValueId x);
// 0, 1, ... as int64 with these extents, in row-major order. The memory is reserved.
StatusOr<ValueId> EmitCounting(OnnxNode* node, const std::vector<int64_t>& dims);

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_EMIT_H_
