// An ONNX file, parsed: nothing of its graph is looked at yet.
//
// Thread contract: thread-compatible.
#ifndef MACE_FORMATS_ONNX_MODEL_H_
#define MACE_FORMATS_ONNX_MODEL_H_

#include <cstdint>
#include <memory>
#include <string>

#include "mace/base/status.h"
#include "mace/formats/common/byte_source.h"
#include "mace/formats/common/new_message.h"
#include "mace/formats/onnx/raw_data.h"
#include "mace/formats/proto/onnx.pb.h"

namespace mace {

class OnnxFunctions;  // mace/formats/onnx/functions.h.

// The parsed parts of a model.
struct OnnxModel {
  std::shared_ptr<onnx::ModelProto> def = NewMessage<onnx::ModelProto>();
  CutTensors cut;  // The tensors of `def` whose raw data are in the model's bytes alone.
  // What the importer fills in.
  int64_t opset = 0;
  std::shared_ptr<const OnnxFunctions> functions;
};

// kCorruption for bytes that are no model.
Status ParseOnnx(const ByteSource& source, OnnxModel* model);

// Whether it is that of ONNX's own ops.
bool IsOnnxDomain(const std::string& domain);

// The version of ONNX's own ops that the model is written in, or where it does not say one the
// latest of its functions; kUnsupported for one that was not read.
StatusOr<int64_t> FindOnnxOpset(const onnx::ModelProto& model);
// The version itself; kUnsupported for one that was not read.
StatusOr<int64_t> CheckOnnxOpset(int64_t version);

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_MODEL_H_
