// What runs a plan: the CPU executor or a session on a device.
#ifndef MACE_EXECUTE_EXECUTOR_H_
#define MACE_EXECUTE_EXECUTOR_H_

#include <vector>

#include "mace/base/status.h"
#include "mace/execute/run_ports.h"
#include "mace/execute/run_times.h"
#include "mace/graph/tensor.h"

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

  // Whether RunWith takes the elements of an input from a buffer of the device, whose elements are
  // of this type. The input's tensor then needs none.
  virtual bool TakesBuffer(size_t input, DType dtype) const;
  // Whether RunWith leaves the elements of an output in such a buffer.
  virtual bool GivesBuffer(size_t output, DType dtype) const;
  // Whether RunWith leaves an output out, whose tensor then needs no elements.
  virtual bool LeavesOut(size_t output) const;
  // As Run, where some inputs and outputs are not on the host. REQUIRES: the three above hold for
  // what `ports` names.
  virtual Status RunWith(const RunPorts& ports, const std::vector<HostTensor>& inputs,
                         std::vector<HostTensor>* outputs);

  // The launches of a run once more, without any copy, as a graph of commands would be replayed;
  // milliseconds until the device has done them. They compute from whatever the last run left in
  // memory: for timing alone. kUnsupported where a node runs on the CPU. REQUIRES: Run was called.
  virtual StatusOr<double> Replay() = 0;
};

}  // namespace mace

#endif  // MACE_EXECUTE_EXECUTOR_H_
