// Runs a whole graph by its ops' references, in host memory: the truth that devices are held to.
//
// A tensor is freed after its last reader, outputs are made right in the caller's tensors, and
// nothing of a run's is held after it. Constants of a float kind are converted to float32 once.
// Errors: those of the references, with the node before them. Thread contract: thread-compatible.
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
  // Takes graph and ops of the plan; its placements do not matter. kResourceExhausted where there
  // is no memory for the constants.
  static StatusOr<std::unique_ptr<CpuExecutor>> Create(std::shared_ptr<const Plan> plan);

  Status Run(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs) override;
  Status RunTimed(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs,
                  RunTimes* times) override;
  StatusOr<double> Replay() override;

  // Called with the node's index and its outputs after each node: for comparisons layer by layer.
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
  HostLifetimes lifetimes_;  // A step is a node.
  Observer observer_;
};

}  // namespace mace

#endif  // MACE_EXECUTE_CPU_EXECUTOR_H_
