// The tensors of a graph that are in host memory during a run, by value.
//
// Thread contract: thread-compatible.
#ifndef MACE_EXECUTE_CPU_TENSORS_H_
#define MACE_EXECUTE_CPU_TENSORS_H_

#include <vector>

#include "mace/base/status.h"
#include "mace/graph/graph.h"
#include "mace/ops/op.h"
#include "mace/plan/host_lifetimes.h"

namespace mace {

class CpuTensors {
 public:
  explicit CpuTensors(const Graph& graph);

  // Makes the constants that a node reads ready for its reference: float kinds become float32,
  // once, aligned for their type. kResourceExhausted where there is no memory for the copy.
  Status PrepareConstants(const Node& node);
  Status PrepareConstant(ValueId id);

  HostTensor* GetMutable(ValueId id) { return &tensors_[static_cast<size_t>(id)]; }
  const HostTensor& Get(ValueId id) const { return tensors_[static_cast<size_t>(id)]; }
  void Set(ValueId id, HostTensor tensor) { tensors_[static_cast<size_t>(id)] = std::move(tensor); }
  void Drop(ValueId id) { tensors_[static_cast<size_t>(id)] = HostTensor(); }

  // The inputs of a run, in the order of Graph::inputs: shares the elements that are aligned for
  // their type, and copies the others. Allocates nothing where all are.
  Status ShareInputs(const std::vector<HostTensor>& inputs);
  // Whether ShareInputs had to copy one: what reads it must be done when the inputs are released.
  bool has_copied_inputs() const { return has_copied_inputs_; }
  // Lets go of the inputs' elements: a caller may free or change them after the run. Allocates
  // nothing.
  void ReleaseInputs();

  // Until ReleaseOutputs, RunNode makes those values right in the tensors of `outputs` that
  // `lifetimes` names for them. An output that shares memory with an input is left out: it is made
  // apart, and copied by CopyOutputs.
  void PlaceOutputs(const HostLifetimes& lifetimes, const std::vector<HostTensor>& outputs);
  // Copies the outputs that `lifetimes` lists, and those that PlaceOutputs left out.
  void CopyOutputs(const HostLifetimes& lifetimes, std::vector<HostTensor>* outputs) const;
  // Lets go of the outputs that nodes made, and of what no step reads any more.
  void ReleaseOutputs(const HostLifetimes& lifetimes);

  // Runs the op's reference on the node's inputs and keeps its outputs. The message of an error
  // begins with the node. REQUIRES: the inputs are here; PrepareConstants was called.
  Status RunNode(const Node& node, const Op& op);

 private:
  static void CopyOutput(const HostTensor& from, HostTensor* output);
  StatusOr<std::vector<HostTensor>> MakeOutputs(const Node& node) const;

  const Graph& graph_;
  std::vector<HostTensor> tensors_;
  bool has_copied_inputs_ = false;
  std::vector<HostTensor> released_inputs_;  // By input: its info, without elements.
  // By value: the tensor of the run's output that it is made in; empty outside of runs that place
  // outputs.
  std::vector<HostTensor> places_;
};

}  // namespace mace

#endif  // MACE_EXECUTE_CPU_TENSORS_H_
