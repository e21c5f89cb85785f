// ONNX's TensorProto as a constant.
#ifndef MACE_FORMATS_ONNX_TENSOR_H_
#define MACE_FORMATS_ONNX_TENSOR_H_

#include <memory>
#include <string>

#include "mace/base/status.h"
#include "mace/formats/common/graph_builder.h"
#include "mace/formats/common/model_files.h"
#include "mace/formats/onnx/raw_data.h"
#include "mace/formats/proto/onnx.pb.h"
#include "mace/graph/tensor.h"

namespace mace {

// The type in the graph, kInvalid where there is none. Floats of 64 bits are float32 there; all other
// types that are known stay what they are.
DType OnnxType(int32_t data_type);
// The type of the standard that OnnxType maps to `dtype`; 0: none.
int32_t OnnxTypeOf(DType dtype);
// The type that a caller gives or gets: also float64, and float32 for bfloat16, which no array has.
DType OnnxIoType(int32_t data_type);
// "FLOAT", "INT64", or the number of a type that has no name here.
std::string OnnxTypeName(int32_t data_type);

struct OnnxTensorSource {
  // Keeps the proto alive, whose raw data is viewed.
  std::shared_ptr<const void> owner;
  // The tensors whose raw data are in the model's file alone (raw_data.h); null: none.
  const CutTensors* cut = nullptr;
  ModelFiles* files = nullptr;
  GraphBuilder* builder = nullptr;
};

// kCorruption where shape and elements do not agree, kUnsupported for a type that OnnxType does not
// know. float64 becomes float32, and integers of 4 and 2 bits, which ONNX packs into bytes, get a byte
// each; raw data of other types is viewed, external data read.
StatusOr<HostTensor> ReadOnnxTensor(const onnx::TensorProto& proto, const OnnxTensorSource& source);

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_TENSOR_H_
