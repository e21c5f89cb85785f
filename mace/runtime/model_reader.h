// Reads a model file on another thread, while this one opens the device: loading a driver takes
// ten to a hundred times as long, and keeps one processor busy. When the graph is there the thread
// goes on to read the weights that are packed first; the others are read while they are packed,
// since memory for all of them at once costs more than reading.
//
// Thread contract: thread-compatible. The thread reads no environment variable.
#ifndef MACE_RUNTIME_MODEL_READER_H_
#define MACE_RUNTIME_MODEL_READER_H_

#include <atomic>
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

  // Of the weights, up to a limit. Errors are left to those who need the elements.
  void ReadAhead(const Graph& graph) const;

  const std::string path_;
  const ImportOptions options_;
  std::shared_ptr<ModelFiles> files_;
  StatusOr<std::shared_ptr<const Graph>> graph_;
  std::promise<void> is_read_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace mace

#endif  // MACE_RUNTIME_MODEL_READER_H_
