#include "mace/import/import.h"

#include <algorithm>
#include <utility>

#include "mace/base/files.h"
#include "mace/base/mapped_file.h"
#include "mace/base/strings.h"
#include "mace/import/mace_import.h"
#include "mace/import/onnx_import.h"
#include "mace/import/sniff.h"
#include "mace/import/tf_import.h"

namespace mace {
namespace {

// protobuf counts bytes in an int.
constexpr size_t kMaxProtobufBytes = (size_t{1} << 31) - 1;

// `owner` keeps `model` alive; null: nobody does.
StatusOr<std::shared_ptr<Graph>> Dispatch(Bytes model, std::shared_ptr<const void> owner,
                                          const WeightFile& weights, const std::string& folder,
                                          const ImportOptions& options) {
  const size_t limit = std::min(options.max_model_bytes, kMaxProtobufBytes);
  if (model.size() > limit) {
    return InvalidArgument("expected at most " + std::to_string(limit) + " bytes, found " +
                           std::to_string(model.size()));
  }
  MACE_ASSIGN_OR_RETURN(const ModelFormat format, SniffModelFormat(model));
  switch (format) {
    case ModelFormat::kMaceMultiNet:
    case ModelFormat::kMaceNet:
      return ImportMace(model, format, weights, options);
    case ModelFormat::kTensorFlow:
      return ImportTensorFlow(model, options);
    case ModelFormat::kOnnx:
      return ImportOnnx(model, std::move(owner), folder, options);
  }
  return Internal("unknown model format");
}

// "folder/model.data" of "folder/model.pb".
std::string DefaultDataPath(const std::string& path) {
  const size_t slash = path.rfind('/');
  const size_t dot = path.rfind('.');
  const bool has_extension =
      dot != std::string::npos && (slash == std::string::npos || dot > slash + 1);
  return (has_extension ? path.substr(0, dot) : path) + ".data";
}

WeightFile OpenWeights(const std::string& path) {
  WeightFile weights;
  weights.name = path;
  StatusOr<std::shared_ptr<const MappedFile>> file = MappedFile::Open(path);
  if (!file.ok()) {
    weights.status = file.status();
    return weights;
  }
  weights.bytes = (*file)->bytes();
  weights.owner = *std::move(file);
  return weights;
}

StatusOr<std::shared_ptr<Graph>> WithFileName(StatusOr<std::shared_ptr<Graph>> graph,
                                              const std::string& name) {
  if (!graph.ok()) return graph.status().WithPrefix(name);
  return graph;
}

}  // namespace

StatusOr<std::shared_ptr<Graph>> ImportModel(const std::string& path,
                                             const ImportOptions& options) {
  MACE_ASSIGN_OR_RETURN(const std::shared_ptr<const MappedFile> file, MappedFile::Open(path));
  const WeightFile weights =
      OpenWeights(options.data_path.empty() ? DefaultDataPath(path) : options.data_path);
  return WithFileName(Dispatch(file->bytes(), file, weights, DirectoryName(path), options), path);
}

StatusOr<std::shared_ptr<Graph>> ImportModelBytes(const std::string& name, Bytes model,
                                                  Bytes weights, const ImportOptions& options) {
  auto copy = std::make_shared<std::vector<uint8_t>>(weights.begin(), weights.end());
  WeightFile file;
  file.name = name + " (weights)";
  file.bytes = *copy;
  file.owner = std::move(copy);
  return WithFileName(Dispatch(model, nullptr, file, "", options), name);
}

}  // namespace mace
