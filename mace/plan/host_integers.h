// Tells which integers of a graph are known to fit the device's int32: all int32, those that
// kernels made, and the graph's int64 inputs, whose range is checked when they go to the device. Ops
// offer no variant for constants that do not fit. A node on the CPU may make any int64, and a variant
// for integers that fit does not read those.
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
  // `wide`: PlanOptions::wide_integers. REQUIRES: the graph outlives this object.
  HostIntegers(const Graph& graph, bool wide);

  // Whether a variant may run a node with these inputs. REQUIRES: Place was called for the nodes
  // that make them.
  bool Allows(const Node& node, const KernelVariant& variant) const;
  // Notes whether the node runs on the device. Called for the nodes in the order of the graph.
  void Place(const Node& node, bool on_device);

 private:
  bool HasWide(const Node& node) const;

  const Graph& graph_;
  const bool wide_;
  std::vector<bool> fit_;  // By value: it fits an int32.
};

}  // namespace mace

#endif  // MACE_PLAN_HOST_INTEGERS_H_
