// The functions of an ONNX model: ops that the model itself makes of other ops.
//
// Thread contract: thread-safe (immutable).
#ifndef MACE_FORMATS_ONNX_FUNCTIONS_H_
#define MACE_FORMATS_ONNX_FUNCTIONS_H_

#include <cstdint>
#include <memory>
#include <string>

#include "mace/base/keyed_hash.h"
#include "mace/base/status.h"
#include "mace/formats/proto/onnx.pb.h"

namespace mace {

struct OnnxFunction {
  const onnx::FunctionProto* def = nullptr;  // Without its nodes, which are in `body`.
  const onnx::GraphProto* body = nullptr;    // Its inputs and outputs have names and no types.
  int64_t opset = 0;                         // The version of ONNX's own ops in the body.
  // The attributes that a call may have; a default, or null where there is none.
  NameMap<const onnx::AttributeProto*> attributes;
};

class OnnxFunctions {
 public:
  // Moves the nodes out of the functions of `model`, which the result keeps alive. A function that
  // does not say which version of ONNX's own ops it is written in has `opset`, the model's.
  // kInvalidArgument for two functions of one domain, name and overload; else FindOnnxOpset's.
  static StatusOr<std::shared_ptr<const OnnxFunctions>> Make(
      const std::shared_ptr<onnx::ModelProto>& model, int64_t opset);

  // The function that the node calls; null: it calls none. A function stands before an op of the
  // same domain and type.
  const OnnxFunction* Find(const onnx::NodeProto& node) const;

 private:
  std::shared_ptr<onnx::ModelProto> model_;
  NameMap<OnnxFunction> functions_;  // By domain, name and overload.
};

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_FUNCTIONS_H_
