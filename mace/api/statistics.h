// Measurements of a compiled model and its runs. All times are in milliseconds.
//
// Thread contract: plain data, thread-compatible.
#ifndef MACE_API_STATISTICS_H_
#define MACE_API_STATISTICS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace mace {

// A node that runs on the CPU, and why.
struct CpuNode {
  std::string name;
  std::string type;
  std::string why;
};

struct CacheStatistics {
  std::string file;              // Empty: no cache was asked for.
  std::string status = "off";    // cold, warm, partial, off or rejected.
  std::string reason;            // Why the file was rejected: one line.
  size_t hits = 0;               // Programs found in the cache.
  size_t misses = 0;             // Programs not found in the cache.
  size_t built_from_source = 0;  // Programs given to the driver's compiler as source.
  size_t loaded_bytes = 0;       // Bytes of the programs found.
  double written_ms = 0;         // Total time of fetching binaries and writing the file.
};

// How the plan was chosen.
struct TuningStatistics {
  std::string plan = "estimated";  // estimated, tuned, or recorded (found in the cache file).
  std::string level = "none";      // The level of the plan: none, fast or full.
  size_t measured = 0;             // Variants measured in this process.
  size_t found = 0;                // Variants whose measurements the cache file had.
  size_t left = 0;                 // Variants left out for lack of time.
  double ms = 0;                   // Time of measuring, including compiles.
};

struct Statistics {
  std::string device;         // Its name; "cpu reference" for the CPU.
  std::string driver;         // Name and version of the driver.
  double compile_ms = 0;      // Time of CompiledModel::Compile, including device_open_ms.
  double device_open_ms = 0;  // Time of opening the device.
  double program_ms = 0;      // Time of creating and building programs, over all plans.
  // The members up to `tuning` describe the plan that was made last; after Compile it is the one
  // for the dims that the model was compiled with.
  // In the order of CompiledModel::inputs and outputs: what a dynamic extent is in this plan. Empty
  // for an output that the plan does not compute (Request::SelectOutputs).
  std::vector<std::vector<int64_t>> input_dims;
  std::vector<std::vector<int64_t>> output_dims;
  size_t batch_slices = 1;
  size_t launches_per_run = 0;
  size_t gpu_image_nodes = 0;
  size_t gpu_buffer_nodes = 0;
  size_t cpu_nodes = 0;
  size_t folded_nodes = 0;  // Nodes that need no work in a run.
  std::vector<CpuNode> cpu_node_list;
  TuningStatistics tuning;
  CacheStatistics cache;
  size_t plans = 0;                // Plans in memory now.
  uint64_t device_bytes = 0;       // Weights and activations on the device now.
  uint64_t peak_device_bytes = 0;  // The largest device_bytes so far.
  uint64_t runs = 0;               // Runs that succeeded.
};

struct RunStatistics {
  double latency_ms = 0;   // Host inputs to host outputs.
  bool made_plan = false;  // The run waited for a plan, because there was none for its dims.
};

}  // namespace mace

#endif  // MACE_API_STATISTICS_H_
