// Runs a plan: implemented by the CPU executor and by a session on a device.
#ifndef MACE_EXECUTE_EXECUTOR_H_
#define MACE_EXECUTE_EXECUTOR_H_

#include <vector>

#include "mace/base/status.h"
#include "mace/execute/run_bindings.h"
#include "mace/execute/run_times.h"
#include "mace/graph/tensor.h"

namespace mace {

class Executor {
 public:
  virtual ~Executor() = default;

  // `inputs`: in the order of Graph::inputs, with the shapes and dtypes of their values. `outputs`:
  // in the order of Graph::outputs, allocated, dense, with the dtypes and element counts of their
  // values. When the call returns, even with an error, the executor holds no tensor of the caller
  // and nothing uses one. REQUIRES: all of this, which the engine checks.
  virtual Status Run(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs) = 0;

  // Run that also records when each step happened; recording makes it slower.
  virtual Status RunTimed(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs,
                          RunTimes* times) = 0;

  // Whether RunWith can read an input of this type from a device buffer. The input's tensor then
  // needs no elements.
  virtual bool TakesBuffer(size_t input, DType dtype) const;
  // Whether RunWith can write an output of this type into a device buffer.
  virtual bool GivesBuffer(size_t output, DType dtype) const;
  // Whether RunWith can skip an output, whose tensor then needs no elements.
  virtual bool LeavesOut(size_t output) const;
  // Run with some inputs and outputs that are not on the host. REQUIRES: TakesBuffer, GivesBuffer
  // and LeavesOut hold for the entries of `bindings`.
  virtual Status RunWith(const RunBindings& bindings, const std::vector<HostTensor>& inputs,
                         std::vector<HostTensor>* outputs);

  // Repeats the launches of the last run without any copy and gives the milliseconds until the
  // device is done. The launches read whatever the last run left in memory, so only the time has a
  // meaning. kUnsupported if a node runs on the CPU. REQUIRES: Run was called.
  virtual StatusOr<double> Replay() = 0;
};

}  // namespace mace

#endif  // MACE_EXECUTE_EXECUTOR_H_
