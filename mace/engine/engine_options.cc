#include "mace/engine/engine_options.h"

#include <fcntl.h>

#include <memory>
#include <utility>
#include <vector>

#include "mace/base/absolute_path.h"
#include "mace/base/files.h"

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
      return report({progress.done, progress.total, progress.elapsed_ms});
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
  inside.caller = {options.opencl.context, options.opencl.device, options.opencl.queue};
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

namespace {

StatusOr<std::vector<uint8_t>> ReadRange(const FileRange& range) {
  const std::string name = "cache by descriptor " + std::to_string(range.descriptor);
  const int own = fcntl(range.descriptor, F_DUPFD_CLOEXEC, 0);
  if (own < 0) return InvalidArgument(name + ": expected an open descriptor, found none");
  MACE_ASSIGN_OR_RETURN(const std::unique_ptr<RandomAccessFile> file,
                        RandomAccessFile::FromDescriptor(name, own));
  const uint64_t all = file->size();
  if (range.offset > all || range.size > all - range.offset) {
    return InvalidArgument(name + ": expected " + std::to_string(range.size) + " bytes at offset " +
                           std::to_string(range.offset) + ", found " + std::to_string(all) +
                           " in all");
  }
  std::vector<uint8_t> bytes(
      static_cast<size_t>(range.size == 0 ? all - range.offset : range.size));
  MACE_RETURN_IF_ERROR(file->ReadAt(range.offset, bytes));
  return bytes;
}

CachePlace OfVector(std::vector<uint8_t> bytes) {
  auto kept = std::make_shared<const std::vector<uint8_t>>(std::move(bytes));
  const Bytes whole(kept->data(), kept->size());
  return CachePlace::InMemory(whole, std::move(kept));
}

}  // namespace

Status TakeCachePlace(const CompileOptions::Cache& cache, Options* options) {
  const CompileOptions::Cache::Memory& memory = cache.memory;
  const bool by_file = cache.file.descriptor >= 0;
  const bool by_memory = memory.data != nullptr || memory.size > 0 || cache.in_memory;
  if (int{!cache.path.empty()} + int{by_file} + int{by_memory} > 1) {
    return InvalidArgument("cache: expected one of a path, a descriptor and memory, found " +
                           std::string(by_file && by_memory ? "a descriptor and memory"
                                       : by_file            ? "a path and a descriptor"
                                                            : "a path and memory"));
  }
  if (memory.data == nullptr && memory.size > 0) {
    return InvalidArgument("cache in memory: expected the address of " +
                           std::to_string(memory.size) + " bytes, found a null pointer");
  }
  if (by_memory) {
    const auto* const data = static_cast<const uint8_t*>(memory.data);
    options->cache_place = memory.owner == nullptr
                               ? OfVector(std::vector<uint8_t>(data, data + memory.size))
                               : CachePlace::InMemory(Bytes(data, memory.size), memory.owner);
    return Status();
  }
  if (!by_file) return Status();
  if (cache.file.offset == 0 && cache.file.size == 0) {
    MACE_ASSIGN_OR_RETURN(options->cache_place, CachePlace::OfDescriptor(cache.file.descriptor));
    return Status();
  }
  MACE_ASSIGN_OR_RETURN(std::vector<uint8_t> bytes, ReadRange(cache.file));
  options->cache_place = OfVector(std::move(bytes));
  options->cache_read_only = true;
  return Status();
}

}  // namespace mace
