// The device against the CPU reference, node by node.
//
// Each node of a plan is run alone on the device, as the variant that the plan chose, on the values
// that the reference computed: its own error. The whole graph is run once more with every value as
// an output: the error that it carries from all before it.
//
// Thread contract: thread-compatible.
#ifndef MACE_DIAGNOSE_LAYER_COMPARE_H_
#define MACE_DIAGNOSE_LAYER_COMPARE_H_

#include <memory>
#include <string>
#include <vector>

#include "mace/cl/compiler.h"
#include "mace/graph/difference.h"
#include "mace/graph/tensor.h"
#include "mace/plan/plan.h"

namespace mace {

struct LayerDifference {
  size_t node = 0;        // Index into the plan's graph.
  bool compared = false;  // False: it runs on the CPU, or only gives its memory another name.
  // The worst of its outputs by max_abs_error over range.
  Difference own;
  Difference carried;
};

struct LayerDifferences {
  std::vector<LayerDifference> layers;  // In the order in which they run.
  // By value of the plan's graph: what the reference computed. Values that nothing computes are
  // empty.
  std::vector<HostTensor> reference;
};

// `inputs` as a caller of the model of `plan` gives them. Errors: those of building and running.
StatusOr<LayerDifferences> FindLayerDifferences(const Plan& plan,
                                                const std::vector<HostTensor>& inputs,
                                                ProgramCompiler* compiler);

}  // namespace mace

#endif  // MACE_DIAGNOSE_LAYER_COMPARE_H_
