// Which host tensors a run makes, where they lie, and when they are needed no more.
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
  // By value: the output of the run in whose tensor the value is made, by a node on the CPU or by a
  // download; -1: it has memory of its own.
  std::vector<int> direct_output;
  // Whether a node runs on the CPU.
  bool has_cpu_nodes = false;
  // The outputs that are copied at the end of a run: those that are an input or a constant, those
  // that are read on the host after their download, and those that name a value again.
  std::vector<int> copied_outputs;
  // By step: the values made by nodes on the CPU that no later step reads. Outputs are not among
  // them.
  std::vector<std::vector<ValueId>> dead_after;
  // Values with a buffer of their own that downloads fill, for as long as the plan is kept.
  std::vector<ValueId> kept_downloads;
};

// The lifetimes over a plan's steps.
HostLifetimes FindHostLifetimes(const Plan& plan);
// The lifetimes over a graph whose nodes all run on the CPU, one step each, in order.
HostLifetimes FindHostLifetimes(const Graph& graph);

// What a plan takes of the host's memory while it runs, in bytes; sums that would pass 2^64 - 1
// stay there. Constants as the graph holds them are not counted: they are there already. What an
// op's reference takes for itself is not counted either.
struct HostMemoryUse {
  uint64_t inputs = 0;     // What a caller feeds.
  uint64_t outputs = 0;    // What a run gives.
  uint64_t constants = 0;  // Copies of constants as references read them: float32, aligned.
  uint64_t values = 0;     // The largest sum of the other host tensors that are alive at once.

  uint64_t total() const;
  // "inputs 12, outputs 4096, constants 0, other tensors 64".
  std::string Describe() const;
};
HostMemoryUse HostMemoryOf(const Plan& plan);

// a + b, or 2^64 - 1 where the sum is larger.
inline uint64_t SaturatingAdd(uint64_t a, uint64_t b) {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

}  // namespace mace

#endif  // MACE_PLAN_HOST_LIFETIMES_H_
