// Tells which integers of a graph fit the device's int32: those that kernels made, and inputs if
// the caller says so. A variant for such integers would truncate others.
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
  // `inputs_fit`: PlanOptions::integer_inputs_fit. REQUIRES: the graph outlives this object.
  HostIntegers(const Graph& graph, bool inputs_fit);

  // Whether a variant may run a node with these inputs. REQUIRES: Place was called for the nodes
  // that make them.
  bool Allows(const Node& node, const KernelVariant& variant) const;
  // Notes whether the node runs on the device. Called for the nodes in the order of the graph.
  void Place(const Node& node, bool on_device);

 private:
  const Graph& graph_;
  std::vector<bool> fit_;  // By value: it fits an int32.
};

}  // namespace mace

#endif  // MACE_PLAN_HOST_INTEGERS_H_
