// Products of two tensors, as passes look for them.
//
// Thread contract: thread-compatible.
#ifndef MACE_PASSES_PRODUCT_H_
#define MACE_PASSES_PRODUCT_H_

#include "mace/graph/node.h"

namespace mace {

// An Eltwise of two tensors that multiplies them and applies nothing to the result.
bool IsPlainProduct(const Node& node);

}  // namespace mace

#endif  // MACE_PASSES_PRODUCT_H_
