// Says where a run's inputs and outputs are when they are not tensors on the host.
#ifndef MACE_EXECUTE_RUN_BINDINGS_H_
#define MACE_EXECUTE_RUN_BINDINGS_H_

#include <vector>

#include "mace/cl/caller_objects.h"

namespace mace {

struct RunBindings {
  std::vector<ClBufferPart> inputs;   // By input; empty: the host tensor is read.
  std::vector<ClBufferPart> outputs;  // By output; empty: the host tensor is written.
  std::vector<bool> left_out;         // By output: it is not wanted and goes nowhere.
};

}  // namespace mace

#endif  // MACE_EXECUTE_RUN_BINDINGS_H_
