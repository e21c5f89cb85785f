// Passes: rewrites of the graph that keep its meaning and make it cheaper to run.
//
// The engine copies the imported graph (constants are shared, so a copy is cheap), calls
// InferShapes for the shapes at hand (infer_shapes.h) and then RunPasses: a pass may bake a known
// shape into what it makes, so a new input shape starts again from the imported graph. A pass that
// needs a shape that is not known leaves the node as it is.
//
// Every pass keeps the conventions of graph.h, the names and the order of graph inputs and outputs,
// and the shapes of all values that stay. IoInfo::value may come to name another value. Thread
// contract: thread-compatible.
#ifndef MACE_PASSES_PASS_H_
#define MACE_PASSES_PASS_H_

#include "mace/base/span.h"
#include "mace/base/status.h"
#include "mace/graph/graph.h"

namespace mace {

struct Pass {
  const char* name;  // For messages: the name of its file.
  // REQUIRES: ValidateGraph accepts the graph.
  Status (*run)(Graph* graph);
  bool for_integer_kernels = false;  // Left out for devices without such.
};

// The fixed list, in the order in which they run; a pass may stand there more than once.
Span<const Pass> AllPasses();

// Runs AllPasses; those for integer kernels only with `integer_kernels`. The graph is checked
// before the first pass, and in debug builds after each; the message of an error begins with the
// pass's name.
Status RunPasses(Graph* graph, bool integer_kernels);
inline Status RunPasses(Graph* graph) { return RunPasses(graph, false); }
// Whether `integer_kernels` makes a difference to RunPasses, for a graph before the passes.
bool DependsOnIntegerKernels(const Graph& graph);

}  // namespace mace

#endif  // MACE_PASSES_PASS_H_
