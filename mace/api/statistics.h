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
  std::string file;  // The name of the cache; empty if there is none, and for the CPU.
  // "warm": no program was built from source. "partial": only some programs were in the cache.
  // "cold": no program was in the cache. "rejected": the file could not be used. "off": no cache.
  std::string status = "off";
  std::string reason;            // Why the file was rejected: one line.
  size_t hits = 0;               // Programs found in the cache.
  size_t misses = 0;             // Programs not found in the cache.
  size_t built_from_source = 0;  // Programs given to the driver's compiler as source.
  size_t loaded_bytes = 0;       // Bytes of the programs found.
  double written_ms = 0;         // Total time of fetching binaries and writing the file.
};

// How the plan was chosen.
struct TuningStatistics {
  std::string plan = "estimated";  // "estimated", "tuned", or "recorded" (found in the cache file).
  std::string level = "none";      // The tuning level of the plan: "none", "fast" or "full".
  size_t measured = 0;             // Variants measured in this process.
  size_t found = 0;                // Variants whose measurements the cache file had.
  size_t left = 0;                 // Variants left out for lack of time.
  double ms = 0;                   // Time of measuring, including compilation.
};

struct Statistics {
  std::string device;         // The name of the device; "cpu reference" for the CPU.
  std::string driver;         // The version of the driver; empty for the CPU.
  double compile_ms = 0;      // Time of CompiledModel::Compile, including device_open_ms.
  double device_open_ms = 0;  // Time of opening the device.
  double program_ms = 0;      // Time of creating and building programs, over all plans.

  // The members from here to `tuning` describe the plan that was made last. After Compile this is
  // the plan for the dims that the model was compiled with.

  // The dims that the plan was made for, in the order of CompiledModel::inputs and outputs; no
  // extent is dynamic. Empty dims for an output that the plan does not compute
  // (Request::SelectOutputs).
  std::vector<std::vector<int64_t>> input_dims;
  std::vector<std::vector<int64_t>> output_dims;
  size_t batch_slices = 1;      // The slices in which a batch is computed; 1: as a whole.
  size_t launches_per_run = 0;  // Kernel launches of all slices.
  size_t gpu_image_nodes = 0;   // Nodes that run on the device with images.
  size_t gpu_buffer_nodes = 0;  // Nodes that run on the device with buffers.
  size_t cpu_nodes = 0;         // Nodes that run on the CPU.
  size_t folded_nodes = 0;      // Nodes that need no work in a run.
  std::vector<CpuNode> cpu_node_list;
  TuningStatistics tuning;
  CacheStatistics cache;
  size_t plans = 0;                // Plans in memory now.
  uint64_t device_bytes = 0;       // Weights and activations on the device now.
  uint64_t peak_device_bytes = 0;  // The largest device_bytes so far.
  uint64_t runs = 0;               // Runs that succeeded.
};

struct RunStatistics {
  double latency_ms = 0;  // Time from host inputs to host outputs.
  // The run waited until a plan was made, because there was none for its dims and outputs.
  bool made_plan = false;
};

}  // namespace mace

#endif  // MACE_API_STATISTICS_H_
