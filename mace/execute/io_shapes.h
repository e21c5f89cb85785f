// The shapes of a model's outputs that its caller sees.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_EXECUTE_IO_SHAPES_H_
#define MACE_EXECUTE_IO_SHAPES_H_

#include "mace/graph/graph.h"

namespace mace {

// The shape that the caller sees of an output that the op makes as `shape`. It is the first of
// these with the right number of elements: the declared shape; the declared shape with the op's
// first extent, the batch; the op's shape. For example, a model that declares [1, 10] and ends in
// an op that gives [3, 1, 1, 10] shows [3, 10].
Shape ShownShape(const IoInfo& io, const Shape& shape);

}  // namespace mace

#endif  // MACE_EXECUTE_IO_SHAPES_H_
