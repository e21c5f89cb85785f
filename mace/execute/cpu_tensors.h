// The tensors that are in host memory during a run, indexed by the graph's values.
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

  // Converts the constants that a node reads for its reference: once, to float32 if they have
  // another float type, and aligned. kResourceExhausted if there is no memory for the copy.
  Status PrepareConstants(const Node& node);
  Status PrepareConstant(ValueId id);

  HostTensor* GetMutable(ValueId id) { return &tensors_[static_cast<size_t>(id)]; }
  const HostTensor& Get(ValueId id) const { return tensors_[static_cast<size_t>(id)]; }
  void Set(ValueId id, HostTensor tensor) { tensors_[static_cast<size_t>(id)] = std::move(tensor); }
  void Drop(ValueId id) { tensors_[static_cast<size_t>(id)] = HostTensor(); }

  // Sets the inputs of a run, in the order of Graph::inputs. Shares elements that are aligned for
  // their type and copies others; does not allocate if all are aligned.
  Status ShareInputs(const std::vector<HostTensor>& inputs);
  // Whether ShareInputs copied an input. Its readers must then be done before the inputs are
  // released.
  bool has_copied_inputs() const { return has_copied_inputs_; }
  // Releases the inputs' elements, because a caller may free or change them after the run. Does not
  // allocate.
  void ReleaseInputs();

  // Until ReleaseOutputs, RunNode writes the values that `lifetimes` names directly into the
  // tensors of `outputs`. An output that shares memory with an input is made separately, and
  // CopyOutputs copies it.
  void PlaceOutputs(const HostLifetimes& lifetimes, const std::vector<HostTensor>& outputs);
  // Copies the outputs that `lifetimes` lists and those that PlaceOutputs left out.
  void CopyOutputs(const HostLifetimes& lifetimes, std::vector<HostTensor>* outputs) const;
  // Releases the outputs that nodes made, and the tensors that no later step reads.
  void ReleaseOutputs(const HostLifetimes& lifetimes);

  // Runs the op's reference on the node's inputs and keeps its outputs. Error messages begin with
  // the node. REQUIRES: the inputs are in host memory; PrepareConstants was called.
  Status RunNode(const Node& node, const Op& op);

 private:
  static void CopyOutput(const HostTensor& from, HostTensor* output);
  StatusOr<std::vector<HostTensor>> MakeOutputs(const Node& node) const;

  const Graph& graph_;
  std::vector<HostTensor> tensors_;
  bool has_copied_inputs_ = false;
  std::vector<HostTensor> released_inputs_;  // By input: type and shape, without elements.
  // By value: the caller's tensor to write into. Empty outside of runs that place outputs.
  std::vector<HostTensor> places_;
};

}  // namespace mace

#endif  // MACE_EXECUTE_CPU_TENSORS_H_
