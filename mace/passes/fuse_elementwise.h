// Elementwise nodes whose results only one another read become one FusedElementwise, which is one
// launch: a GELU or a swish written out, the scale, shift and clip of a head. All results have the
// shape of the last one, so that nothing is computed twice; other operands may broadcast. A result
// may be read several times within.
//
// This pass comes after all passes that fold such a node into another one.
//
// Thread contract: thread-compatible.
#ifndef MACE_PASSES_FUSE_ELEMENTWISE_H_
#define MACE_PASSES_FUSE_ELEMENTWISE_H_

#include "mace/base/status.h"
#include "mace/graph/graph.h"

namespace mace {

Status FuseElementwise(Graph* graph);

}  // namespace mace

#endif  // MACE_PASSES_FUSE_ELEMENTWISE_H_
