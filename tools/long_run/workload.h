// Loads models in turn, each with other options, runs them in every way that an app can, and unloads
// them: what a process does that lives for months, in minutes.
//
// Thread contract: one thread.
#ifndef TOOLS_LONG_RUN_WORKLOAD_H_
#define TOOLS_LONG_RUN_WORKLOAD_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tools/long_run/tested_model.h"

namespace long_run {

struct Counts {
  uint64_t inferences = 0;    // Those that were begun.
  uint64_t loads = 0;         // Models that were compiled.
  uint64_t asynchronous = 0;  // Inferences of Request::Start.
  uint64_t cancelled = 0;     // Inferences that ended with kCancelled.
  uint64_t late = 0;          // Inferences that ended with kDeadlineExceeded.
  uint64_t other_dims = 0;    // Inferences with a batch of 2.
};

// Which resource is leaked with each load, to show that growth is found; kNone is no leak.
enum class PlantedLeak { kNone, kMemory, kFiles, kThreads, kDeviceMemory };

class Workload {
 public:
  // `cache_folder` must exist; each model has a cache file there.
  Workload(std::vector<TestedModel> models, std::string cache_folder, PlantedLeak leak);

  // The loads after which every model was loaded with every set of options.
  size_t loads_of_a_round() const;

  // Loads the next model with the next options, runs `inferences` inferences, saves the cache and
  // unloads the model. `device_bytes`: what the model took on the device, by its statistics.
  mace::Status LoadRunUnload(uint64_t inferences, uint64_t* device_bytes);

  const Counts& counts() const { return counts_; }

 private:
  mace::CompileOptions NextOptions(const TestedModel& model);
  mace::Status RunOne(const TestedModel& model, uint64_t number, mace::Request* first,
                      mace::Request* second);
  mace::Status RunTogether(const Question& question, mace::Request* first, mace::Request* second);
  mace::Status RunAndCancel(const Question& question, mace::Request* request);
  mace::Status RunWithoutTime(const Question& question, mace::Request* request);
  void Leak(const mace::CompiledModel& compiled);

  const std::vector<TestedModel> models_;
  const std::string cache_folder_;
  const PlantedLeak leak_;
  Counts counts_;
  std::vector<std::vector<uint8_t>> caches_in_memory_;  // By model.
  std::vector<mace::CompiledModel> leaked_;
};

}  // namespace long_run

#endif  // TOOLS_LONG_RUN_WORKLOAD_H_
