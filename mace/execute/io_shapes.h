// The shapes of a model's outputs, as its caller sees them.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_EXECUTE_IO_SHAPES_H_
#define MACE_EXECUTE_IO_SHAPES_H_

#include "mace/graph/graph.h"

namespace mace {

// The shape to show of an output that the op makes as `shape`: the first of these that has as many
// elements. The declared shape; the declared shape with the op's first extent, the batch, in place
// of its own; the op's shape. So a model that declares [1, 10] and ends in an op that gives
// [3, 1, 1, 10] shows [3, 10].
Shape ShownShape(const IoInfo& io, const Shape& shape);

}  // namespace mace

#endif  // MACE_EXECUTE_IO_SHAPES_H_
