// What `mace profile` found, and the four ways to say it: a table, JSON, a Chrome trace, a page.
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
  Statistics statistics;          // Of the model as an app runs it,
  MemoryReport memory;            // and what its plan takes of the device.
  Profile profile;                // Each launch by itself.
  size_t timed_launches = 0;      // Of each of the profile's runs.
  Latency latency;                // Host to host, without any timing of steps.
  std::optional<Latency> replay;  // Launches alone; not where a node runs on the CPU.
  std::optional<PeakRates> peaks;
  std::string why_no_peaks;
};

// The JSON of `mace profile`; every key is always there, null where it has no meaning:
//   model, device, driver, memory, precision, iterations, cache_status, launches_per_run,
//   timed_launches             more than launches_per_run where one kernel runs many ops: those are
//                              timed as launches of their own, in a plan that is else the same
//   latency_ms, replay_ms      {mean, min, p50, p90, p99, n}: host to host; the launches alone
//   run_ms, ops_ms, idle_ms, host_ms   of the timed runs: a run; the sum of ops; between launches
//                                      on the device; enqueueing launches
//   flops, bytes, gflop_per_s, gb_per_s   of a run, per second of ops_ms
//   peaks            {gflop_per_s, gb_per_s, recorded}, measured or from the cache file
//   device_memory    {peak_bytes, weight_bytes, activation_bytes, live_bytes, bound_bytes,
//                    why_above_bound: a text or null}
//   types            [{type, ms, share, ops, launches}], the slowest first
//   ops              [{name, type, variant, inputs, outputs, ms, share, host_ms, launches, flops,
//                    bytes, gflop_per_s, gb_per_s, roof_ms, roof_share, bound}], in the plan's
//                    order
// Shares are of ops_ms; roof_ms is what peaks allow, and bound says by which ("compute", "memory").
Json ProfileJson(const ModelArguments& arguments, const ProfileResult& result);

// `report` is ProfileJson's.
void PrintProfile(FILE* out, const Json& report, const ProfileResult& result);

// As chrome://tracing and Perfetto read it: the timed runs on two tracks, host and device, with a
// slice a step.
Json ChromeTrace(const Json& report, const ProfileResult& result);

// One HTML file that needs nothing else.
std::string ProfilePage(const Json& report, const ProfileResult& result);

}  // namespace mace

#endif  // TOOLS_MACE_PROFILE_REPORT_H_
