// Reads a model file on another thread, while this one opens the device: loading a driver takes
// ten to a hundred times as long, and keeps one processor busy. Large weights are not read here but
// where they are packed (ImportOptions::read_weights_later): to read them ahead takes memory that is
// new to the process, which costs more than the time in which the device is opened is worth.
//
// Thread contract: thread-compatible. The thread reads no environment variable.
#ifndef MACE_RUNTIME_MODEL_READER_H_
#define MACE_RUNTIME_MODEL_READER_H_

#include <future>
#include <memory>
#include <string>
#include <thread>

#include "mace/base/status.h"
#include "mace/graph/graph.h"
#include "mace/import/import.h"
#include "mace/import/model_files.h"

namespace mace {

class ModelReader {
 public:
  ModelReader(std::string path, ImportOptions options);
  ~ModelReader();
  ModelReader(const ModelReader&) = delete;
  ModelReader& operator=(const ModelReader&) = delete;

  // Waits for the model; ImportModel's answer. Once.
  StatusOr<std::shared_ptr<const Graph>> Take();
  // The model's files, which stay as they are for later imports. Null where they could not be
  // opened. REQUIRES: after Take.
  const std::shared_ptr<ModelFiles>& files() const { return files_; }

 private:
  void Read();
  StatusOr<std::shared_ptr<const Graph>> OpenAndImport();

  const std::string path_;
  const ImportOptions options_;
  std::shared_ptr<ModelFiles> files_;
  StatusOr<std::shared_ptr<const Graph>> graph_;
  std::promise<void> is_read_;
  std::thread thread_;
};

}  // namespace mace

#endif  // MACE_RUNTIME_MODEL_READER_H_
