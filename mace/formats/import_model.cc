#include "mace/formats/import_model.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/common/foreign_format.h"
#include "mace/formats/common/model_files.h"
#include "mace/formats/common/sniff.h"
#include "mace/formats/mace/import.h"
#include "mace/formats/onnx/import.h"
#include "mace/formats/tensorflow/import.h"
#include "mace/formats/tensorflow/saved_model.h"
#include "mace/formats/tflite/import.h"
#include "mace/formats/tflite/model.h"
#include "mace/graph/constant_pins.h"

namespace mace {
namespace {

// protobuf counts bytes in an int.
constexpr size_t kMaxProtobufBytes = (size_t{1} << 31) - 1;

StatusOr<std::vector<uint8_t>> ReadBegin(const ByteSource& model) {
  constexpr uint64_t kBegin = 4096;
  std::vector<uint8_t> begin(static_cast<size_t>(std::min(model.size(), kBegin)));
  MACE_RETURN_IF_ERROR(model.ReadAt(0, begin));
  return begin;
}

// `status` says that the bytes are of no format that is read; what they are is said where it is
// known.
Status ExplainNoModel(const ByteSource& model, const Status& status) {
  const StatusOr<std::vector<uint8_t>> begin = ReadBegin(model);
  if (!begin.ok()) return status;
  return ExplainForeign(DescribeForeignBytes(*begin), status);
}

StatusOr<std::shared_ptr<Graph>> Dispatch(const std::shared_ptr<ModelFiles>& files,
                                          const ImportOptions& options) {
  const size_t limit = std::min(options.max_model_bytes, kMaxProtobufBytes);
  const ByteSource& model = files->model();
  if (model.size() > limit) {
    return InvalidArgument("expected at most " + std::to_string(limit) + " bytes, found " +
                           std::to_string(model.size()));
  }
  MACE_ASSIGN_OR_RETURN(const std::vector<uint8_t> begin, ReadBegin(model));
  if (IsSavedModel(begin)) return ImportSavedModel(files, options);
  if (!options.signature.empty()) {
    return InvalidArgument("signature '" + Printable(options.signature) +
                           "': expected a SavedModel, found a model of another format");
  }
  if (IsTflite(begin)) return ImportTflite(model, options);
  const StatusOr<ModelFormat> format = SniffModelFormat(model);
  if (!format.ok() && IsTensorFlowText(begin)) return ImportTensorFlowText(model, options);
  if (!format.ok()) return ExplainNoModel(model, format.status());
  switch (*format) {
    case ModelFormat::kMaceMultiNet:
    case ModelFormat::kMaceNet:
      return ImportMace(files.get(), *format, options);
    case ModelFormat::kTensorFlow:
      return ImportTensorFlow(model, options);
    case ModelFormat::kOnnx:
      return ImportOnnx(files.get(), options);
  }
  return Internal("unknown model format");
}

}  // namespace

StatusOr<std::shared_ptr<Graph>> ImportModel(const std::shared_ptr<ModelFiles>& files,
                                             const ImportOptions& options) {
  const uint64_t failed_reads = files->failed_reads();
  StatusOr<std::shared_ptr<Graph>> graph = Dispatch(files, options);
  MACE_RETURN_IF_ERROR(files->CheckReads(failed_reads));
  if (!graph.ok()) return graph.status().WithPrefix(files->name());
  if (!options.read_weights_later) MACE_RETURN_IF_ERROR(ReadConstants(**graph));
  // The file that was judged must be the one that was read.
  MACE_RETURN_IF_ERROR(files->CheckUnchanged());
  return graph;
}

StatusOr<std::shared_ptr<Graph>> ImportModel(const std::string& path,
                                             const ImportOptions& options) {
  MACE_ASSIGN_OR_RETURN(const std::shared_ptr<ModelFiles> files,
                        ModelFiles::Open(path, options.data_path));
  return ImportModel(files, options);
}

StatusOr<std::shared_ptr<Graph>> ImportModelBytes(const std::string& name, Bytes model,
                                                  Bytes weights, const ImportOptions& options) {
  auto copy = std::make_shared<std::vector<uint8_t>>(weights.begin(), weights.end());
  const Bytes kept = *copy;
  return ImportModel(ModelFiles::InMemory(name, ByteSource::InMemory(model, nullptr),
                                          ByteSource::InMemory(kept, std::move(copy))),
                     options);
}

}  // namespace mace
