// Short ways to the graph's nodes that several converters of TensorFlow's ops are made of, beside
// those of mace/formats/common/emit.h.
#ifndef MACE_FORMATS_TENSORFLOW_EMIT_H_
#define MACE_FORMATS_TENSORFLOW_EMIT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "mace/formats/common/emit.h"  // IWYU pragma: export
#include "mace/formats/tensorflow/node.h"

namespace mace {

// The value, where there is one, is the node's result.
Status SetEmitted(TfNode* node, const StatusOr<ValueId>& id);

// The elements start, start + step, ... before `end` of one axis.
struct TfStride {
  int64_t start = 0, end = 0, step = 1;
};
StatusOr<ValueId> EmitStridedSlice(TfNode* node, ValueId x, int64_t axis, const TfStride& stride);
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
