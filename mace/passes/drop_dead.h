// Takes out nodes that no graph output needs, and values that nothing names any more. Graph inputs
// stay even where no node reads them, because the caller gives them. Values are numbered anew, in
// their old order.
//
// Thread contract: thread-compatible.
#ifndef MACE_PASSES_DROP_DEAD_H_
#define MACE_PASSES_DROP_DEAD_H_

#include "mace/base/status.h"
#include "mace/graph/graph.h"

namespace mace {

Status DropDead(Graph* graph);

}  // namespace mace

#endif  // MACE_PASSES_DROP_DEAD_H_
