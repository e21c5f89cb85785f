// Weights of quantized integers stay packed where all of their readers take them so.
//
// A Dequantize of constants (mace/ops/elementwise/dequantize.h) is the matrix of a MatMul, behind
// Transposes of its two axes or without them, or the table of a Gather along axis 0 by computed indices.
// These become MatMulBits and GatherBits, whose kernels expand what they read: the weights take 1/4 to 1/16
// of the memory of floats. Products of more than 16 rows, which are faster with floats, and all other nodes
// need floats. All readers then take the same floats, since both forms together would take more memory than
// the floats alone: the node is evaluated.
//
// No Dequantize of constants is left behind. Thread contract: thread-compatible.
#ifndef MACE_PASSES_PACK_WEIGHTS_H_
#define MACE_PASSES_PACK_WEIGHTS_H_

#include "mace/base/status.h"
#include "mace/graph/graph.h"

namespace mace {

// kResourceExhausted where there is no memory for the weights in either form.
Status PackWeights(Graph* graph);

}  // namespace mace

#endif  // MACE_PASSES_PACK_WEIGHTS_H_
