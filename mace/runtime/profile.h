// What a run's time went into: timed runs, op by op, beside what the work would take at least.
//
// Plain data from plain data: no device.
#ifndef MACE_RUNTIME_PROFILE_H_
#define MACE_RUNTIME_PROFILE_H_

#include <string>
#include <vector>

#include "mace/plan/plan.h"
#include "mace/runtime/run_times.h"

namespace mace {

// A node of the plan, a conversion between formats, or a copy to or from the host. All times are
// medians over the runs, in milliseconds.
struct ProfiledOp {
  std::string name;     // Of the node, or of the value that is converted or copied.
  std::string type;     // The node's, or "(conversion)", "(upload)", "(download)".
  std::string variant;  // As in NodePlacement; "cpu" on the CPU; of a conversion, its kernel.
  std::string inputs;   // Shapes, such as "[1, 56, 56, 64]".
  std::string outputs;
  size_t launches = 0;
  double ms = 0;       // On the device; on the host for what has no event there.
  double host_ms = 0;  // The host's part.
  Cost cost;           // Of a conversion or copy: its bytes, once read and once written.
};

struct Profile {
  std::vector<ProfiledOp> ops;     // In the order of the plan; those that took part in the runs.
  std::vector<size_t> op_of_step;  // By step of the runs: index into ops.
  std::vector<std::string> step_names;  // By step: the kernel, or what is done.
  double ops_ms = 0;                    // The sum over ops.
  double run_ms = 0;                    // Host inputs to host outputs, timing included.
  // Between the end of a command on the device and the begin of the next, while neither was a copy.
  double idle_ms = 0;
  double host_ms = 0;   // Enqueueing launches.
  size_t shortest = 0;  // Index of the run that took the least time.
  double total_flops = 0;
  double total_bytes = 0;
};

// REQUIRES: `runs`, at least one, are timed runs of the plan.
Profile MakeProfile(const Plan& plan, const std::vector<RunTimes>& runs);

// What an op did in a second, in units of 10^9; 0 where it took no time.
inline double PerSecond(double amount, double ms) { return ms > 0 ? amount / ms / 1e6 : 0; }

}  // namespace mace

#endif  // MACE_RUNTIME_PROFILE_H_
