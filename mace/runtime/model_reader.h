// Reads a model file on another thread, while this one opens the device: loading a driver takes
// ten to a hundred times as long, and keeps one processor busy. Then goes through the weights, so
// that their pages are in the process by the time they are packed.
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

namespace mace {

class ModelReader {
 public:
  ModelReader(std::string path, ImportOptions options);
  // Stops going through the weights.
  ~ModelReader();
  ModelReader(const ModelReader&) = delete;
  ModelReader& operator=(const ModelReader&) = delete;

  // Waits for the model; ImportModel's answer. Once.
  StatusOr<std::shared_ptr<const Graph>> Take();

 private:
  void Read();
  void TouchConstants(const Graph& graph) const;

  const std::string path_;
  const ImportOptions options_;
  StatusOr<std::shared_ptr<const Graph>> graph_;
  std::promise<void> is_read_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace mace

#endif  // MACE_RUNTIME_MODEL_READER_H_
