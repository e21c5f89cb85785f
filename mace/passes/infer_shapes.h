// Shapes and element types of all values, for given input shapes.
//
// Thread contract: thread-compatible.
#ifndef MACE_PASSES_INFER_SHAPES_H_
#define MACE_PASSES_INFER_SHAPES_H_

#include <map>
#include <string>

#include "mace/base/status.h"
#include "mace/graph/graph.h"
#include "mace/graph/shape.h"

namespace mace {

// Sets Value::info and shape_known of every value. `input_shapes` goes by the public names of the
// graph inputs; an input that it does not name has its declared shape, and where that is open the
// one that the import bound it to. Shape computations (Shape, and what follows from constants alone)
// become constants, and their nodes leave the graph, because the shapes of what follows depend on
// them.
// Errors: kInvalidArgument for an input that is unknown or has no fixed shape; those of an op begin
// with the node's name and type. On an error the graph is left partly inferred.
// REQUIRES: ValidateGraph accepts the graph.
Status InferShapes(Graph* graph, const std::map<std::string, Shape>& input_shapes);

}  // namespace mace

#endif  // MACE_PASSES_INFER_SHAPES_H_
