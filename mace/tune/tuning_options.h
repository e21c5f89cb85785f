// How much is measured before a plan is made, and who is told of it.
#ifndef MACE_TUNE_TUNING_OPTIONS_H_
#define MACE_TUNE_TUNING_OPTIONS_H_

#include <cstddef>
#include <functional>

namespace mace {

// How much is measured on the device before a plan is made. What was measured is kept in the cache
// file, and a plan that a cache file holds is taken as it is, whatever is asked for up to the level
// that it was made with.
enum class TuningLevel {
  kNone,  // Nothing: the planner's estimates.
  kFast,  // The likeliest variants, for 10 s at most on a CPU driver and 5 s on a GPU.
  kFull,  // Every variant and work-group size, however long it takes.
};

struct TuningProgress {
  size_t done = 0;  // Variants measured.
  size_t total = 0;
  double elapsed_ms = 0;
};

struct TuningOptions {
  TuningLevel level = TuningLevel::kNone;
  double spent_ms = 0;  // Of the level's time, before any variant is measured.
  // Called between measurements, on the thread that creates the engine; it returns whether to go
  // on. False: kCancelled, and what was measured is kept. May be null.
  std::function<bool(const TuningProgress&)> progress;
};

}  // namespace mace

#endif  // MACE_TUNE_TUNING_OPTIONS_H_
