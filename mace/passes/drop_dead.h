// Takes out nodes that no graph output needs, and values that nothing names any more. Graph inputs
// stay, read or not: the caller gives them. Values are numbered anew, in their old order.
#ifndef MACE_PASSES_DROP_DEAD_H_
#define MACE_PASSES_DROP_DEAD_H_

#include "mace/base/status.h"
#include "mace/graph/graph.h"

namespace mace {

Status DropDead(Graph* graph);

}  // namespace mace

#endif  // MACE_PASSES_DROP_DEAD_H_
