// Weights of TensorFlow Lite that may stay packed: int8 and uint8 that are the matrix of FULLY_CONNECTED
// or the table of EMBEDDING_LOOKUP, directly or behind DEQUANTIZE, and nothing else.
//
// Thread contract: thread-compatible.
#ifndef MACE_FORMATS_TFLITE_PACKED_H_
#define MACE_FORMATS_TFLITE_PACKED_H_

#include <cstddef>
#include <vector>

#include "mace/base/status.h"
#include "mace/formats/tflite/model.h"
#include "mace/formats/tflite/tensor.h"

namespace mace {

// By tensor: whether all operators of the model that read it take such weights.
std::vector<bool> FindTfliteWeights(const TfliteModel& model);

// Whether a constant of such weights is left to a node of the graph, which a pass packs
// (mace/passes/pack_weights.h). Errors: those of TfliteConstants.
StatusOr<bool> IsTfliteWeightsLeft(const TfliteModel& model, size_t tensor,
                                   const TfliteQuantizationPtr& by);
// The floats of such a constant, as a node gives them.
StatusOr<ValueId> EmitTfliteWeights(const TfliteModel& model, size_t tensor,
                                    TfliteConstants* constants, GraphBuilder* builder);

}  // namespace mace

#endif  // MACE_FORMATS_TFLITE_PACKED_H_
