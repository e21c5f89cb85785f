// ONNX's TensorProto as a constant, and the files beside a model that may hold its elements.
#ifndef MACE_IMPORT_ONNX_TENSOR_H_
#define MACE_IMPORT_ONNX_TENSOR_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mace/base/mapped_file.h"
#include "mace/base/span.h"
#include "mace/base/status.h"
#include "mace/graph/tensor.h"
#include "mace/import/builder.h"
#include "mace/import/proto/onnx.pb.h"

namespace mace {

// The type in the graph, kInvalid where there is none. Floats of 64 bits are float32 there, halves
// stay halves; of the integers those of 32 and 64 bits, of 8, and bool are known: one that was
// widened would not wrap around where the model means it to.
DType OnnxType(int32_t data_type);
// "FLOAT", "INT64", or the number of a type that has no name here.
std::string OnnxTypeName(int32_t data_type);

// Files of external data. Only those inside of the model's own folder are opened, links followed.
// Each is mapped once. Thread contract: thread-compatible.
class OnnxFolder {
 public:
  // Empty: a model in memory, which has no folder and no external data.
  explicit OnnxFolder(std::string folder) : folder_(std::move(folder)) {}

  // kInvalidArgument for a path that leaves the folder, else as MappedFile::Open.
  StatusOr<std::shared_ptr<const MappedFile>> Open(const std::string& location);

 private:
  std::string folder_;
  std::map<std::string, std::shared_ptr<const MappedFile>> files_;
};

struct OnnxTensorSource {
  // Keeps the proto alive, whose raw data is viewed, and `raw`.
  std::shared_ptr<const void> owner;
  // The raw data, where it was cut off (onnx_raw_data.h).
  Bytes raw;
  OnnxFolder* folder = nullptr;
  GraphBuilder* builder = nullptr;
};

// kCorruption where shape and elements do not agree, kUnsupported for a type that OnnxType does not
// know. float64 becomes float32; raw and external data of other types is viewed.
StatusOr<HostTensor> ReadOnnxTensor(const onnx::TensorProto& proto, const OnnxTensorSource& source);

}  // namespace mace

#endif  // MACE_IMPORT_ONNX_TENSOR_H_
