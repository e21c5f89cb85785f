// A model's graph with its shapes and after its passes, which may be made before the device is known.
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
  ConstantPins constants;  // Keeps in memory what the passes have read of the model's constants.
};

// A copy of the imported graph with these input shapes (by name; empty: the declared ones), after
// the passes. The constants are shared. Thread-safe.
StatusOr<std::shared_ptr<Graph>> InferAndPass(const Graph& imported,
                                              const ShapesByInput& input_shapes,
                                              bool integer_kernels);

// InferAndPass while nobody knows yet whether there are integer kernels. Null where the answer
// depends on that, and where it fails: InferAndPass then says why. Thread-safe.
std::shared_ptr<PassedGraph> PassAhead(const Graph& imported, const ShapesByInput& input_shapes);

}  // namespace mace

#endif  // MACE_ENGINE_PASSED_GRAPH_H_
