// The tensors of a graph that are in host memory during a run, by value.
//
// Thread contract: thread-compatible.
#ifndef MACE_RUNTIME_HOST_VALUES_H_
#define MACE_RUNTIME_HOST_VALUES_H_

#include <vector>

#include "mace/base/status.h"
#include "mace/graph/graph.h"
#include "mace/ops/op.h"

namespace mace {

class HostValues {
 public:
  explicit HostValues(const Graph& graph) : graph_(graph), tensors_(graph.values.size()) {}

  // Makes the constants that a node reads ready for its reference: float kinds become float32,
  // once, aligned for their type. kResourceExhausted where there is no memory for a copy, here and
  // in Share and RunNode.
  Status PrepareConstants(const Node& node);
  Status PrepareConstant(ValueId id);

  HostTensor* GetMutable(ValueId id) { return &tensors_[static_cast<size_t>(id)]; }
  const HostTensor& Get(ValueId id) const { return tensors_[static_cast<size_t>(id)]; }
  void Set(ValueId id, HostTensor tensor) { tensors_[static_cast<size_t>(id)] = std::move(tensor); }
  // Shares the elements where they are aligned for their type. Allocates nothing where the value
  // had a tensor of this rank before.
  Status Share(ValueId id, const HostTensor& tensor);
  void Drop(ValueId id) { tensors_[static_cast<size_t>(id)] = HostTensor(); }

  // Runs the op's reference on the node's inputs and keeps its outputs. The message of an error
  // begins with the node. REQUIRES: the inputs are here; PrepareConstants was called.
  Status RunNode(const Node& node, const Op& op);

 private:
  const Graph& graph_;
  std::vector<HostTensor> tensors_;
};

}  // namespace mace

#endif  // MACE_RUNTIME_HOST_VALUES_H_
