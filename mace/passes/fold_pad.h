// A constant Pad with zeros around H and W goes into the Conv2D or DepthwiseConv2d that reads it,
// as the attribute `pads` [top, left, bottom, right], which stands for all padding of that node
// (window.h). Pads of batch or channels, negative ones and other values stay.
//
// Thread contract: thread-compatible.
#ifndef MACE_PASSES_FOLD_PAD_H_
#define MACE_PASSES_FOLD_PAD_H_

#include "mace/base/status.h"
#include "mace/graph/graph.h"

namespace mace {

Status FoldPad(Graph* graph);

}  // namespace mace

#endif  // MACE_PASSES_FOLD_PAD_H_
