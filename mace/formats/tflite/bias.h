// The bias of TensorFlow Lite's convolutions and products, and their fused activation.
//
// Thread contract: thread-compatible.
#ifndef MACE_FORMATS_TFLITE_BIAS_H_
#define MACE_FORMATS_TFLITE_BIAS_H_

#include "mace/formats/tflite/node.h"

namespace mace {

// The inputs of such an operator.
struct TfliteProductInputs {
  size_t x = 0;
  size_t weights = 1;
  size_t bias = 2;  // May be absent.
};

// The result: `y` [..., channels], the bias added, then the activation. The integers of a quantized
// bias count in steps of the scale of x times that of the weights. kCorruption for weights that are
// scaled along another axis than `output_axis`, that of the output channels.
Status SetTfliteBiased(TfliteNode* node, const StatusOr<ValueId>& y,
                       const TfliteProductInputs& inputs, int output_axis,
                       tflite::ActivationFunctionType activation);

}  // namespace mace

#endif  // MACE_FORMATS_TFLITE_BIAS_H_
