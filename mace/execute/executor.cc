#include "mace/execute/executor.h"

namespace mace {

bool Executor::TakesBuffer(size_t, DType) const { return false; }

bool Executor::GivesBuffer(size_t, DType) const { return false; }

bool Executor::LeavesOut(size_t) const { return false; }

Status Executor::RunWith(const RunBindings&, const std::vector<HostTensor>& inputs,
                         std::vector<HostTensor>* outputs) {
  return Run(inputs, outputs);
}

}  // namespace mace
