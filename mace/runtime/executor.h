// What runs a plan: the CPU executor or a session on a device.
#ifndef MACE_RUNTIME_EXECUTOR_H_
#define MACE_RUNTIME_EXECUTOR_H_

#include <vector>

#include "mace/base/status.h"
#include "mace/graph/tensor.h"

namespace mace {

class Executor {
 public:
  virtual ~Executor() = default;

  // Inputs in the order of Graph::inputs, of the shapes and dtypes of their values. Outputs in the
  // order of Graph::outputs, allocated, dense, of the dtypes and element counts of their values.
  // REQUIRES: all that; the engine checks it.
  virtual Status Run(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs) = 0;
};

}  // namespace mace

#endif  // MACE_RUNTIME_EXECUTOR_H_
