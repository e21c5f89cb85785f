// Compares a device with the CPU reference, node by node.
//
// Each node of a plan is run alone on the device, as the variant that the plan chose, on inputs
// that the reference computed. This gives the node's own error. The whole graph is then run once
// with every value as an output. This gives the error that accumulates over all nodes before.
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
  bool compared = false;  // False: runs on the CPU, or only renames memory.
  // The output with the largest max_abs_error relative to its range.
  Difference own;
  Difference carried;
};

struct LayerDifferences {
  std::vector<LayerDifference> layers;  // In the order in which they run.
  // By value of the plan's graph: the reference's result. Empty for values that no node computes.
  std::vector<HostTensor> reference;
};

// `inputs`: as a caller of the model passes them. Errors: those of building and running.
StatusOr<LayerDifferences> FindLayerDifferences(const Plan& plan,
                                                const std::vector<HostTensor>& inputs,
                                                ProgramCompiler* compiler);

}  // namespace mace

#endif  // MACE_DIAGNOSE_LAYER_COMPARE_H_
