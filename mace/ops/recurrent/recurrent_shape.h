// What all recurrent ops have: the number of hidden values, directions, and inputs x, w and r.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_OPS_RECURRENT_RECURRENT_SHAPE_H_
#define MACE_OPS_RECURRENT_RECURRENT_SHAPE_H_

#include <cstdint>
#include <vector>

#include "mace/ops/op.h"

namespace mace {

// The attribute `hidden`, 1 to 2^30: a weight of more is no tensor, and products of it are within
// int64.
StatusOr<int64_t> ParseRecurrentHidden(const AttributeMap& attributes);

// The attribute `direction` ("forward", "reverse", "bidirectional"): for each direction whether it
// goes from the last step to the first.
StatusOr<std::vector<bool>> ParseRecurrentDirections(const AttributeMap& attributes);

// Operations of the products with w and r, for inputs x [t, n, i], w and r, in this order.
double RecurrentFlops(const std::vector<OpInput>& inputs);

}  // namespace mace

#endif  // MACE_OPS_RECURRENT_RECURRENT_SHAPE_H_
