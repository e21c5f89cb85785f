// Which tensors the graphs inside of a node read from outside of them.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_FORMATS_ONNX_CAPTURED_H_
#define MACE_FORMATS_ONNX_CAPTURED_H_

#include <string>
#include <vector>

#include "mace/formats/proto/onnx.pb.h"

namespace mace {

// The names that the graphs of the node's attributes, and the graphs inside of them, read and do
// not make themselves. Each name is there once. Protobuf bounds how deep graphs lie in one another.
std::vector<std::string> CapturedOnnxTensors(const onnx::NodeProto& node);

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_CAPTURED_H_
