// What runs a plan: the CPU executor or a session on a device.
#ifndef MACE_RUNTIME_EXECUTOR_H_
#define MACE_RUNTIME_EXECUTOR_H_

#include <vector>

#include "mace/base/status.h"
#include "mace/graph/tensor.h"
#include "mace/runtime/run_times.h"

namespace mace {

class Executor {
 public:
  virtual ~Executor() = default;

  // Inputs in the order of Graph::inputs, of the shapes and dtypes of their values. Outputs in the
  // order of Graph::outputs, allocated, dense, of the dtypes and element counts of their values.
  // When the call returns, with an error too, the executor holds no tensor of the caller's and
  // nothing is at work on one. REQUIRES: all that; the engine checks it.
  virtual Status Run(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs) = 0;

  // The same, and when each step happened; slower by what looking costs.
  virtual Status RunTimed(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs,
                          RunTimes* times) = 0;

  // The launches of a run once more, without any copy, as a graph of commands would be replayed;
  // milliseconds until the device has done them. They compute from whatever the last run left in
  // memory: for timing alone. kUnsupported where a node runs on the CPU. REQUIRES: Run was called.
  virtual StatusOr<double> Replay() = 0;
};

}  // namespace mace

#endif  // MACE_RUNTIME_EXECUTOR_H_
