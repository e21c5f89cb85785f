// The host tensors of a run: where each one lies, and after which step it is not needed any more.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PLAN_HOST_LIFETIMES_H_
#define MACE_PLAN_HOST_LIFETIMES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "mace/graph/graph.h"
#include "mace/plan/plan.h"

namespace mace {

struct HostLifetimes {
  // By value: the run's output into whose tensor the value is written, by a node on the CPU or by a
  // download; -1: the value has its own memory.
  std::vector<int> direct_output;
  // Whether any node runs on the CPU.
  bool has_cpu_nodes = false;
  // The outputs that are copied at the end of a run: inputs, constants, values that the host still
  // reads after their download, and values that are an output twice.
  std::vector<int> copied_outputs;
  // By step: the values made by nodes on the CPU that no later step reads. Outputs are not listed.
  std::vector<std::vector<ValueId>> dead_after;
  // Values with a buffer of their own that downloads fill. The buffer is kept with the plan.
  std::vector<ValueId> kept_downloads;
};

// The lifetimes over the plan's steps.
HostLifetimes FindHostLifetimes(const Plan& plan);
// The lifetimes over a graph whose nodes all run on the CPU; each node is one step.
HostLifetimes FindHostLifetimes(const Graph& graph);

// The host memory that a plan needs while it runs, in bytes. Sums saturate at 2^64 - 1. The graph's
// own constants are not counted, since they exist already; neither is the scratch of references.
struct HostMemoryUse {
  uint64_t inputs = 0;     // Given by the caller.
  uint64_t outputs = 0;    // Given to the caller.
  uint64_t constants = 0;  // Copies for references: float32, aligned.
  uint64_t values = 0;     // The largest sum of other tensors alive at once.

  uint64_t total() const;
  // "inputs 12, outputs 4096, constants 0, other tensors 64".
  std::string Describe() const;
};
HostMemoryUse HostMemoryOf(const Plan& plan);

// a + b, or 2^64 - 1 if the sum is larger.
inline uint64_t SaturatingAdd(uint64_t a, uint64_t b) {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

}  // namespace mace

#endif  // MACE_PLAN_HOST_LIFETIMES_H_
