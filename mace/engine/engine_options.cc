#include "mace/engine/engine_options.h"

#include "mace/base/absolute_path.h"

namespace mace {
namespace {

MemoryChoice MemoryOf(CompileOptions::Storage storage) {
  switch (storage) {
    case CompileOptions::Storage::kAuto:
      break;
    case CompileOptions::Storage::kImage:
      return MemoryChoice::kImage;
    case CompileOptions::Storage::kBuffer:
      return MemoryChoice::kBuffer;
  }
  return MemoryChoice::kAuto;
}

TuningOptions TuningOf(const CompileOptions& options) {
  TuningOptions tuning;
  if (options.tuning == CompileOptions::Tuning::kFast) tuning.level = TuningLevel::kFast;
  if (options.tuning == CompileOptions::Tuning::kFull) tuning.level = TuningLevel::kFull;
  if (options.tuning_progress) {
    tuning.progress = [report = options.tuning_progress](const TuningProgress& progress) {
      report({progress.done, progress.total, progress.elapsed_ms});
    };
  }
  return tuning;
}

void TakeCache(const CompileOptions::Cache& cache, Options* options) {
  options->cache_path = AbsolutePath(cache.path);
  options->cache_size_limit = cache.size_limit;
  options->cache_public_key = cache.public_key;
  options->cache_min_generation = cache.min_generation;
  options->cache_allow_shared = cache.allow_shared;
  options->cache_read_only = cache.read_only;
}

}  // namespace

Options EngineOptions(const CompileOptions& options) {
  Options inside;
  inside.device = options.device;
  inside.memory = MemoryOf(options.storage);
  inside.allow_tf32 = options.precision == CompileOptions::Precision::kTf32;
  if (options.precision == CompileOptions::Precision::kFloat16) {
    inside.precision = Precision::kFloat16;
  }
  inside.tuning = TuningOf(options);
  inside.allow_fallback = options.allow_cpu_fallback;
  inside.separate_launches = options.separate_launches;
  inside.whole_batches = !options.split_batch;
  inside.kept_plans = options.limits.kept_plans;
  inside.kept_plan_bytes = options.limits.kept_plan_bytes;
  inside.host_memory_limit = options.limits.host_bytes;
  inside.device_memory_limit = options.limits.device_bytes;
  if (options.environment == CompileOptions::Environment::kNever) {
    inside.environment = EnvironmentUse::kNever;
  }
  TakeCache(options.cache, &inside);
  return inside;
}

}  // namespace mace
