#include "mace/engine/passed_graph.h"

#include <utility>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/start_trace.h"
#include "mace/passes/infer_shapes.h"
#include "mace/passes/pass.h"

namespace mace {

StatusOr<std::shared_ptr<Graph>> InferAndPass(const Graph& imported,
                                              const ShapesByInput& input_shapes,
                                              bool integer_kernels) {
  auto graph = std::make_shared<Graph>(imported);  // Shares the constants.
  MACE_RETURN_IF_ERROR(InferShapes(graph.get(), input_shapes));
  MACE_RETURN_IF_ERROR(RunPasses(graph.get(), integer_kernels));
  return graph;
}

std::shared_ptr<PassedGraph> PassAhead(const Graph& imported, const ShapesByInput& input_shapes) {
  if (DependsOnIntegerKernels(imported)) return nullptr;
  ScopedStartPart part("passes");
  using Passed = StatusOr<std::shared_ptr<PassedGraph>>;
  Passed passed = CatchExhaustion([&]() -> Passed {
    auto made = std::make_shared<PassedGraph>();
    made->constants = ConstantPins::KeepAll(imported);
    MACE_ASSIGN_OR_RETURN(made->graph,
                          InferAndPass(imported, input_shapes, /*integer_kernels=*/false));
    return made;
  });
  return passed.ok() ? *std::move(passed) : nullptr;
}

}  // namespace mace
