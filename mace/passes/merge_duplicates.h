// Nodes of the same type, inputs and attributes are one node. Nodes whose attributes hold tensors
// are not compared.
//
// Thread contract: thread-compatible.
#ifndef MACE_PASSES_MERGE_DUPLICATES_H_
#define MACE_PASSES_MERGE_DUPLICATES_H_

#include "mace/base/status.h"
#include "mace/graph/graph.h"

namespace mace {

Status MergeDuplicates(Graph* graph);

}  // namespace mace

#endif  // MACE_PASSES_MERGE_DUPLICATES_H_
