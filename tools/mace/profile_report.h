// The result of `mace profile`, and its four forms: a table, JSON, a Chrome trace, a page.
#ifndef TOOLS_MACE_PROFILE_REPORT_H_
#define TOOLS_MACE_PROFILE_REPORT_H_

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "mace/diagnose.h"
#include "tools/mace/arguments.h"
#include "tools/mace/json_output.h"
#include "tools/mace/latency.h"

namespace mace {

struct ProfileResult {
  Statistics statistics;          // The model as an app runs it.
  MemoryReport memory;            // The device memory of its plan.
  Profile profile;                // Timed launch by launch.
  size_t timed_launches = 0;      // Launches of one timed run.
  Latency latency;                // Host to host, with no step timed.
  std::optional<Latency> replay;  // Launches only; none if a node runs on the CPU.
  std::optional<PeakRates> peaks;
  std::string why_no_peaks;
};

// The JSON of `mace profile`. Every key is always present, and null if it has no meaning:
//   model, device, driver, memory, precision, iterations, cache_status
//   stages           1, or those of a model whose shapes depend on values that only a run gives
//   launches_per_run
//   timed_launches   more than launches_per_run if one kernel runs many ops: these are then timed
//                    as separate launches, in a plan that is otherwise the same
//   latency_ms       host to host: {mean, min, p50, p90, p99, n}
//   replay_ms        only the launches: {mean, min, p50, p90, p99, n}
//   run_ms           a timed run
//   ops_ms           the sum of all ops of a timed run
//   idle_ms          between launches on the device, in a timed run
//   host_ms          enqueueing launches, in a timed run
//   flops, bytes     of a run
//   gflop_per_s, gb_per_s   flops and bytes per second of ops_ms
//   peaks            the roofline limits, measured or from the cache file:
//                    {gflop_per_s, gb_per_s, recorded}
//   device_memory    {peak_bytes, weight_bytes, activation_bytes, live_bytes, bound_bytes,
//                    why_above_bound: a text or null}
//   types            [{type, ms, share, ops, launches}], the slowest first
//   ops              [{name, type, stage, variant, inputs, outputs, ms, share, host_ms, launches, flops,
//                    bytes, gflop_per_s, gb_per_s, roof_ms, roof_share, bound}], in the plan's
//                    order
// Shares are parts of ops_ms. roof_ms is the least time that the peaks allow; bound says which peak
// limits it ("compute", "memory").
Json ProfileJson(const ModelArguments& arguments, const ProfileResult& result);

// `report`: the result of ProfileJson.
void PrintProfile(FILE* out, const Json& report, const ProfileResult& result);

// For chrome://tracing and Perfetto: the timed runs on two tracks, host and device, with a slice
// for each step.
Json ChromeTrace(const Json& report, const ProfileResult& result);

// A single HTML file that loads nothing else.
std::string ProfilePage(const Json& report, const ProfileResult& result);

}  // namespace mace

#endif  // TOOLS_MACE_PROFILE_REPORT_H_
