// Short ways to the graph's nodes that several converters of ONNX ops are made of, beside those of
// mace/formats/common/emit.h.
#ifndef MACE_FORMATS_ONNX_EMIT_H_
#define MACE_FORMATS_ONNX_EMIT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "mace/formats/common/emit.h"  // IWYU pragma: export
#include "mace/formats/onnx/node.h"

namespace mace {

StatusOr<ValueId> EmitSoftmax(OnnxNode* node, ValueId x, int64_t axis);
StatusOr<ValueId> EmitActivation(OnnxNode* node, const char* activation, ValueId x);
// 0, 1, ... as int64 with these extents, in row-major order. The memory is reserved.
StatusOr<ValueId> EmitCounting(OnnxNode* node, const std::vector<int64_t>& dims);
// A constant of float32.
ValueId AddFloats(OnnxNode* node, const char* suffix, Shape shape,
                  const std::vector<double>& values);

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_EMIT_H_
