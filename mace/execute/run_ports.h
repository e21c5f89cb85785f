// Where the inputs and outputs of a run are, as far as they are no tensors of the host.
#ifndef MACE_EXECUTE_RUN_PORTS_H_
#define MACE_EXECUTE_RUN_PORTS_H_

#include <vector>

#include "mace/cl/caller_objects.h"

namespace mace {

struct RunPorts {
  std::vector<ClBufferPart> inputs;   // By input; an empty one: the host's tensor is read.
  std::vector<ClBufferPart> outputs;  // By output; an empty one: the host's tensor is written.
  std::vector<bool> left_out;         // By output: nobody wants it, and it goes nowhere.
};

}  // namespace mace

#endif  // MACE_EXECUTE_RUN_PORTS_H_
