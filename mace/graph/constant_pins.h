// Constants that are parts of a model's files (mace/base/file_block.h) while their elements are
// read. Who reads the elements of a graph's constants after the graph may have been prepared for a
// device, where packed weights are released, does so under one of these.
#ifndef MACE_GRAPH_CONSTANT_PINS_H_
#define MACE_GRAPH_CONSTANT_PINS_H_

#include <vector>

#include "mace/base/file_block.h"
#include "mace/base/status.h"
#include "mace/graph/graph.h"

namespace mace {

// Keeps constants in memory while it lives. Thread contract: thread-compatible.
class ConstantPins {
 public:
  ConstantPins() = default;
  // All constants of the graph. Errors name the file: kCorruption where it was changed
  // since the model was read, kResourceExhausted where there is no memory.
  static StatusOr<ConstantPins> HoldAll(const Graph& graph);
  // The constants among the inputs of a node.
  static StatusOr<ConstantPins> HoldInputs(const Graph& graph, const Node& node);

 private:
  Status Add(const HostTensor& constant);
  std::vector<FilePin> pins_;
};

// The same elements; they stay in memory as long as the result, or a tensor that shares its
// elements, lives. Errors: ConstantPins::HoldAll's. Thread-safe.
StatusOr<HostTensor> PinConstant(const HostTensor& constant);

// Gives back the memory of the constants among the node's inputs that are parts of files.
// Thread-safe.
void ReleaseConstants(const Graph& graph, const Node& node);

}  // namespace mace

#endif  // MACE_GRAPH_CONSTANT_PINS_H_
