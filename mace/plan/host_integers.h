// Which integers of a graph the device may hold: those that kernels made, and what the caller says
// of the inputs. A variant that only such integers fit would have others cut.
//
// Thread contract: thread-compatible.
#ifndef MACE_PLAN_HOST_INTEGERS_H_
#define MACE_PLAN_HOST_INTEGERS_H_

#include <vector>

#include "mace/graph/graph.h"
#include "mace/kernel/kernel.h"

namespace mace {

class HostIntegers {
 public:
  // `inputs_fit`: PlanOptions::integer_inputs_fit. REQUIRES: the graph outlives this.
  HostIntegers(const Graph& graph, bool inputs_fit);

  // Whether a variant may run a node with these inputs. REQUIRES: what makes them was Placed.
  bool Allows(const Node& node, const KernelVariant& variant) const;
  // Where the node runs; in the order of the graph.
  void Place(const Node& node, bool on_device);

 private:
  const Graph& graph_;
  std::vector<bool> fit_;  // By value.
};

}  // namespace mace

#endif  // MACE_PLAN_HOST_INTEGERS_H_
