// Constants that are parts of a model's files (mace/base/file_block.h) while their elements are
// read. Preparing a graph for a device releases the weights that were packed, so code that may read
// the elements of constants after that holds a ConstantPins.
#ifndef MACE_GRAPH_CONSTANT_PINS_H_
#define MACE_GRAPH_CONSTANT_PINS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "mace/base/file_block.h"
#include "mace/base/status.h"
#include "mace/graph/graph.h"

namespace mace {

// Keeps constants in memory while it lives. Thread contract: thread-compatible.
class ConstantPins {
 public:
  ConstantPins() = default;
  // Keeps all constants of the graph. Errors name the file: kCorruption where it was changed since
  // the model was read, kResourceExhausted where there is no memory.
  static StatusOr<ConstantPins> HoldAll(const Graph& graph);
  // Keeps all constants of the graph, each of which is read when its elements are first wanted.
  // Where that fails, readers see zeros, and CheckReads says so.
  static ConstantPins KeepAll(const Graph& graph);
  static ConstantPins KeepAll(const std::vector<HostTensor>& constants);

  // The errors of HoldAll, where elements could not be read since KeepAll: results that were
  // computed from them are wrong.
  Status CheckReads() const;

 private:
  Status Add(const HostTensor& constant);
  void Keep(const HostTensor& constant);
  std::vector<FilePin> pins_;
  std::map<std::shared_ptr<FileMemory>, uint64_t> failed_before_;  // The failed_touches() of each.
};

// Reads the constants that are parts of files, those that are not in memory. Errors:
// ConstantPins::HoldAll's. Thread-safe.
Status ReadConstants(const Graph& graph);

// A tensor with the same elements, which stay in memory as long as the result, or a tensor that
// shares its elements, lives. Errors: ConstantPins::HoldAll's. Thread-safe.
StatusOr<HostTensor> PinConstant(const HostTensor& constant);

// Gives back the memory of the constants among the node's inputs that are parts of files.
// Thread-safe.
void ReleaseConstants(const Graph& graph, const Node& node);

}  // namespace mace

#endif  // MACE_GRAPH_CONSTANT_PINS_H_
