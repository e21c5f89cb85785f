// How much is measured before a plan is made, and who is told of it.
#ifndef MACE_TUNE_TUNING_OPTIONS_H_
#define MACE_TUNE_TUNING_OPTIONS_H_

#include <functional>

#include "mace/api/compile_options.h"

namespace mace {

// A plan that a cache file holds is taken as it is, whatever is asked for up to the level that it
// was made with.
using TuningLevel = CompileOptions::Tuning;
using TuningProgress = CompileOptions::TuningProgress;

struct TuningOptions {
  TuningLevel level = TuningLevel::kNone;
  double spent_ms = 0;  // Of the level's time, before any variant is measured.
  // As CompileOptions::tuning_progress.
  std::function<bool(const TuningProgress&)> progress;
};

}  // namespace mace

#endif  // MACE_TUNE_TUNING_OPTIONS_H_
