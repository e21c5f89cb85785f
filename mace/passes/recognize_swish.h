// x * sigmoid(x) and x * hardsigmoid(x), as files spell SiLU and HardSwish, become one Activation,
// which then can go into the node that makes x.
//
// Thread contract: thread-compatible.
#ifndef MACE_PASSES_RECOGNIZE_SWISH_H_
#define MACE_PASSES_RECOGNIZE_SWISH_H_

#include "mace/base/status.h"
#include "mace/graph/graph.h"

namespace mace {

Status RecognizeSwish(Graph* graph);

}  // namespace mace

#endif  // MACE_PASSES_RECOGNIZE_SWISH_H_
