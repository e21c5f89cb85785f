// What a compiled model did, in numbers: all times in milliseconds.
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
  std::string file;            // Empty: no cache was asked for.
  std::string status = "off";  // cold, warm, partial, off or rejected.
  std::string reason;          // One line, where rejected.
  size_t hits = 0;
  size_t misses = 0;
  size_t built_from_source = 0;  // Programs given to the driver's compiler as source.
  size_t loaded_bytes = 0;
  // Asking the driver for binaries and writing the file, all times together.
  double written_ms = 0;
};

// Where the choices of a plan come from.
struct TuningStatistics {
  std::string plan = "estimated";  // estimated, tuned, or recorded (found in the cache file).
  std::string level = "none";      // none, fast or full: what the plan was made with.
  size_t measured = 0;             // Variants measured in this process.
  size_t found = 0;                // Variants whose measurements the cache file had.
  size_t left = 0;                 // Variants that the time was too short for.
  double ms = 0;                   // Measuring, compiling for it included.
};

struct Statistics {
  std::string device;  // "cpu reference" for the CPU.
  std::string driver;
  double compile_ms = 0;      // CompiledModel::Compile, the opening of the device included.
  double device_open_ms = 0;  // Within compile_ms.
  double program_ms = 0;      // Creating and building programs and kernels, of all plans together.
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
  size_t folded_nodes = 0;  // Nodes that the passes left nothing to do for.
  std::vector<CpuNode> cpu_node_list;
  TuningStatistics tuning;
  CacheStatistics cache;
  size_t plans = 0;           // Kept at this moment.
  uint64_t device_bytes = 0;  // Weights and activations at this moment.
  uint64_t peak_device_bytes = 0;
  uint64_t runs = 0;  // That gave an answer.
};

struct RunStatistics {
  double latency_ms = 0;   // Host inputs to host outputs.
  bool made_plan = false;  // The run's input dims had no plan yet, so that it waited for one.
};

}  // namespace mace

#endif  // MACE_API_STATISTICS_H_
