// What a fuzz input means as a model. For MACE it is four bytes of length, the `.pb`, then the
// `.data`; for TensorFlow, TensorFlow Lite and ONNX it is the file.
//
// Thread contract: thread-safe (pure functions over the environment, which nobody changes).
#ifndef TOOLS_FUZZ_MODEL_INPUT_H_
#define TOOLS_FUZZ_MODEL_INPUT_H_

#include <string>

#include "mace/base/span.h"

namespace mace {

// Views of an input's bytes.
struct ModelInput {
  Bytes model;
  Bytes weights;
};

// Whether MACE_FUZZ_FORMAT is "mace", so that inputs hold two files.
bool InputsHoldWeights();

// Whether inputs hold a protobuf message: all but those of TensorFlow Lite ("tflite").
bool InputsHoldMessages();

ModelInput SplitModelInput(Bytes bytes);
std::string JoinModelInput(const std::string& model, Bytes weights);

// Writes the models at `paths`, which colons part, into `folder` as inputs; leaves out those that
// are too large for a seed.
void WriteModelSeeds(const std::string& folder, const std::string& paths);

}  // namespace mace

#endif  // TOOLS_FUZZ_MODEL_INPUT_H_
