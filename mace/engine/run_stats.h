// What an engine did, in numbers: all times in milliseconds.
#ifndef MACE_ENGINE_RUN_STATS_H_
#define MACE_ENGINE_RUN_STATS_H_

#include <cstddef>
#include <string>
#include <vector>

namespace mace {

struct CpuOp {
  std::string name;  // The node's.
  std::string type;
  std::string why;
};

struct CacheStats {
  std::string file;            // Empty: no cache was asked for.
  std::string status = "off";  // cold, warm, partial, off or rejected.
  std::string reason;          // One line, where rejected.
  size_t hits = 0;
  size_t misses = 0;
  size_t built_from_source = 0;  // Programs given to the driver's compiler as source.
  size_t loaded_bytes = 0;
  // Asking the driver for binaries, and writing the file, all times together; 0: nothing was
  // written.
  double written_ms = 0;
};

// Where the choices of a plan come from.
struct TuningStats {
  std::string plan = "estimated";  // estimated, tuned, or recorded (found in the cache file).
  std::string level = "none";      // none, fast or full: what the plan was made with.
  size_t measured = 0;             // Ways measured in this process.
  size_t found = 0;                // Ways whose measurements the cache file had.
  size_t left = 0;                 // Ways that the time was too short for.
  double ms = 0;                   // Measuring, compiling for it included.
};

struct RunStats {
  std::string device;  // "cpu reference" for the CPU.
  std::string driver;
  double init_ms = 0;         // Engine::Create, the opening of the device included.
  double device_open_ms = 0;  // Within init_ms.
  // Creating and building programs and kernels, for all plans made so far together; within init_ms
  // as long as there is the first one alone.
  double program_ms = 0;
  // Runs of the plan in a run of the model, each on a part of the batch.
  size_t batch_slices = 1;
  size_t launches_per_run = 0;
  size_t gpu_image_ops = 0;
  size_t gpu_buffer_ops = 0;
  size_t cpu_ops = 0;
  // Nodes of the model that the passes and alias variants left nothing to do for.
  size_t folded_ops = 0;
  std::vector<CpuOp> cpu_op_list;
  CacheStats cache;
  TuningStats tuning;  // Of the last plan made.
  // The most that weights and activations of this engine's plans, and of the executors made from
  // them, took of the device's memory at the same time. Trials of a tuning are left out.
  size_t peak_device_bytes = 0;
};

}  // namespace mace

#endif  // MACE_ENGINE_RUN_STATS_H_
