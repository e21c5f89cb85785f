// Runs a whole graph in host memory by the reference implementations of its ops. Results of devices
// are compared with it.
//
// A tensor is freed after its last reader, and outputs are made directly in the caller's tensors.
// No tensor of a run is held after it. Constants of other float types are converted to float32
// once.
// Errors: those of the references, prefixed with the node.
// Thread contract: thread-compatible.
#ifndef MACE_EXECUTE_CPU_EXECUTOR_H_
#define MACE_EXECUTE_CPU_EXECUTOR_H_

#include <functional>
#include <memory>
#include <vector>

#include "mace/execute/cpu_tensors.h"
#include "mace/execute/executor.h"
#include "mace/plan/plan.h"

namespace mace {

class CpuExecutor : public Executor {
 public:
  // Uses the graph and ops of the plan; its placements are ignored. kResourceExhausted if there is
  // no memory for the constants.
  static StatusOr<std::unique_ptr<CpuExecutor>> Create(std::shared_ptr<const Plan> plan);

  Status Run(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs) override;
  Status RunTimed(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs,
                  RunTimes* times) override;
  StatusOr<double> Replay() override;

  // Called after each node with its index and its outputs; used to compare node by node.
  using Observer = std::function<void(int node, const std::vector<HostTensor>& outputs)>;
  void set_observer(Observer observer) { observer_ = std::move(observer); }

 private:
  explicit CpuExecutor(std::shared_ptr<const Plan> plan);
  // `times` may be null.
  Status RunOnce(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs,
                 RunTimes* times);
  Status RunNodes(RunTimes* times);
  void Observe(int node) const;

  std::shared_ptr<const Plan> plan_;
  CpuTensors values_;
  HostLifetimes lifetimes_;  // One lifetime step for each node.
  Observer observer_;
};

}  // namespace mace

#endif  // MACE_EXECUTE_CPU_EXECUTOR_H_
