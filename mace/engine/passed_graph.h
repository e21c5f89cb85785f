// A model's graph after shape inference and passes. Both can run before the device is known.
#ifndef MACE_ENGINE_PASSED_GRAPH_H_
#define MACE_ENGINE_PASSED_GRAPH_H_

#include <map>
#include <memory>
#include <string>

#include "mace/base/status.h"
#include "mace/graph/constant_pins.h"
#include "mace/graph/graph.h"
#include "mace/graph/shape.h"

namespace mace {

using ShapesByInput = std::map<std::string, Shape>;

struct PassedGraph {
  std::shared_ptr<Graph> graph;
  ConstantPins constants;  // Keeps in memory the model's constants that the passes have read.
};

// Copies the imported graph, infers its shapes and runs the passes. `input_shapes` are by the name
// of an input; an input that is not named has its declared shape. `integer_kernels`: whether 8-bit
// models may use integer kernels. The copy shares the constants. Errors are those of InferShapes
// and RunPasses. Thread-safe.
StatusOr<std::shared_ptr<Graph>> InferAndPass(const Graph& imported,
                                              const ShapesByInput& input_shapes,
                                              bool integer_kernels);

// Does the work of InferAndPass before it is known whether there are integer kernels. Null if the
// result depends on that, and if InferAndPass fails: the caller gets the error from a later call of
// InferAndPass. Thread-safe.
std::shared_ptr<PassedGraph> PassAhead(const Graph& imported, const ShapesByInput& input_shapes);

}  // namespace mace

#endif  // MACE_ENGINE_PASSED_GRAPH_H_
