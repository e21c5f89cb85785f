// Short ways to the graph's nodes that several converters of TensorFlow's ops are made of.
#ifndef MACE_FORMATS_TENSORFLOW_EMIT_H_
#define MACE_FORMATS_TENSORFLOW_EMIT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "mace/formats/tensorflow/node.h"

namespace mace {

// The attribute `type` of Eltwise.
enum class TfEltwise : int64_t {
  kSum = 0,
  kDifference = 1,
  kProduct = 2,
  kQuotient = 3,
  kMinimum = 4,
  kMaximum = 5,
  kNegative = 6,
  kAbsolute = 7,
  kEqual = 10,
  kFloorQuotient = 11,
  kClip = 12,
  kSign = 13,
  kNotEqual = 15,
  kLess = 16,
  kLessEqual = 17,
  kGreater = 18,
  kGreaterEqual = 19,
  kAnd = 20,
  kOr = 21,
  kXor = 22,
  kModulo = 23,
  kRemainder = 24,
  kBitAnd = 25,
  kBitOr = 26,
  kBitXor = 27,
  kShiftLeft = 28,
  kShiftRight = 29,
};

// The attribute `reduce_type` of Reduce.
enum class TfReduce : int64_t { kMean = 0, kMinimum = 1, kMaximum = 2, kProduct = 3, kSum = 4 };

StatusOr<ValueId> EmitEltwise(TfNode* node, TfEltwise type, ValueId a, ValueId b);
StatusOr<ValueId> EmitEltwise(TfNode* node, TfEltwise type, ValueId a);
// b is a number. Where a holds integers, the number must be exact as a float, so below 2^24.
StatusOr<ValueId> EmitEltwise(TfNode* node, TfEltwise type, ValueId a, double b);
StatusOr<ValueId> EmitUnary(TfNode* node, const char* function, ValueId x);
StatusOr<ValueId> EmitWhere(TfNode* node, ValueId condition, ValueId a, ValueId b);
// x itself where it has the type.
StatusOr<ValueId> EmitCast(TfNode* node, ValueId x, DType dtype);
// `keeps`: the axes stay with extent 1. No axes at all: x itself.
StatusOr<ValueId> EmitReduce(TfNode* node, TfReduce type, ValueId x, std::vector<int64_t> axes,
                             bool keeps);
// The elements start, start + step, ... before `end` of one axis.
StatusOr<ValueId> EmitSlice(TfNode* node, ValueId x, int64_t axis, int64_t start, int64_t end,
                            int64_t step = 1);
// One part: that part itself.
StatusOr<ValueId> EmitConcat(TfNode* node, const std::vector<ValueId>& parts, int64_t axis);
StatusOr<ValueId> EmitGather(TfNode* node, ValueId x, ValueId indices, int64_t axis);
StatusOr<ValueId> EmitMatMul(TfNode* node, ValueId a, ValueId b);
// `paddings`: before and after for each axis; negative ones crop.
StatusOr<ValueId> EmitPadding(TfNode* node, ValueId x, std::vector<int64_t> paddings, double value);

// Constants that belong to the node. The scalar has a type of the graph: float32, an integer type
// or bool.
ValueId AddConstant(TfNode* node, HostTensor tensor);
ValueId AddInts(TfNode* node, const Shape& shape, std::vector<int32_t> values);
ValueId AddFloats(TfNode* node, const Shape& shape, std::vector<float> values);
StatusOr<ValueId> AddScalar(TfNode* node, DType dtype, int64_t value);

// The type of a value in the graph; all kinds of floats are float32.
DType ComputedType(const TfNode& node, ValueId id);

// Indices [..., k] into the first k axes of `shape` as indices [...] into these axes laid flat.
// kInvalidArgument where k is not 1 to the rank, or a known index lies outside.
StatusOr<ValueId> EmitRowPositions(TfNode* node, ValueId indices, const Shape& shape);

// `extents` multiplied; the caller has checked their shape.
int64_t Product(const std::vector<int64_t>& extents, size_t begin, size_t end);

}  // namespace mace

#endif  // MACE_FORMATS_TENSORFLOW_EMIT_H_
