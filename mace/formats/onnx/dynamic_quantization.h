// Quantization of a tensor by its own range, which is known only when the model runs.
//
// Thread contract: thread-compatible.
#ifndef MACE_FORMATS_ONNX_DYNAMIC_QUANTIZATION_H_
#define MACE_FORMATS_ONNX_DYNAMIC_QUANTIZATION_H_

#include "mace/formats/onnx/node.h"

namespace mace {

// The scale and zero point that DynamicQuantizeLinear finds, and x in them.
struct OnnxDynamic {
  ValueId centred = kNoValue;     // x rounded to integers of uint8, less the zero point.
  ValueId scale = kNoValue;       // A scalar.
  ValueId zero_point = kNoValue;  // A scalar; floats.
};
StatusOr<OnnxDynamic> EmitDynamicQuantization(OnnxNode* node, ValueId x);

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_DYNAMIC_QUANTIZATION_H_
