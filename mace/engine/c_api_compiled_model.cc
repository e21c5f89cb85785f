// The C API: compiled models.
#include <cstddef>
#include <memory>

#include "mace/engine/c_api.h"

using namespace mace::c_api;  // NOLINT: the definitions below are C's, without a namespace.

namespace {

using mace::CompileOptions;

static_assert(MACE_STORAGE_BUFFER == static_cast<int>(CompileOptions::Storage::kBuffer));
static_assert(MACE_PRECISION_FLOAT16 == static_cast<int>(CompileOptions::Precision::kFloat16));
static_assert(MACE_TUNING_FULL == static_cast<int>(CompileOptions::Tuning::kFull));
static_assert(MACE_ENVIRONMENT_NEVER == static_cast<int>(CompileOptions::Environment::kNever));

mace_compile_options DefaultOptions() {
  const CompileOptions from;
  mace_compile_options to = {};
  to.struct_size = sizeof(to);
  to.storage = static_cast<mace_storage>(from.storage);
  to.precision = static_cast<mace_precision>(from.precision);
  to.tuning = static_cast<mace_tuning>(from.tuning);
  to.environment = static_cast<mace_environment>(from.environment);
  to.allow_cpu_fallback = from.allow_cpu_fallback;
  to.separate_launches = from.separate_launches;
  to.split_batch = from.split_batch;
  to.cache_allow_shared = from.cache.allow_shared;
  to.cache_read_only = from.cache.read_only;
  to.cache_save_after_first_run = from.cache.save_after_first_run;
  to.cache_size_limit = from.cache.size_limit;
  to.cache_min_generation = from.cache.min_generation;
  to.host_memory_limit = from.limits.host_bytes;
  to.device_memory_limit = from.limits.device_bytes;
  to.kept_plans = from.limits.kept_plans;
  to.kept_plan_bytes = from.limits.kept_plan_bytes;
  return to;
}

void ReadCache(const mace_compile_options& from, CompileOptions::Cache* to) {
  if (from.cache_path != nullptr) to->path = from.cache_path;
  if (from.cache_public_key != nullptr) to->public_key = from.cache_public_key;
  to->size_limit = from.cache_size_limit;
  to->min_generation = from.cache_min_generation;
  to->allow_shared = from.cache_allow_shared != 0;
  to->read_only = from.cache_read_only != 0;
  to->save_after_first_run = from.cache_save_after_first_run != 0;
}

void ReadProgress(const mace_compile_options& from, CompileOptions* to) {
  if (from.tuning_callback == nullptr && from.tuning_continue == nullptr) return;
  to->tuning_progress = [callback = from.tuning_callback, goes_on = from.tuning_continue,
                         user = from.tuning_user](const CompileOptions::TuningProgress& progress) {
    const mace_tuning_progress seen = {sizeof(seen), progress.done, progress.total,
                                       progress.elapsed_ms};
    if (callback != nullptr) callback(user, &seen);
    return goes_on == nullptr || goes_on(user, &seen) != 0;
  };
}

// The bytes that a caller lends with the options. Null: no bytes, or options of an older version.
const mace_bytes* CacheMemoryOf(const mace_compile_options* options) {
  constexpr size_t kLeast = offsetof(mace_compile_options, cache_memory) + sizeof(void*);
  return options == nullptr || options->struct_size < kLeast ? nullptr : options->cache_memory;
}

void ReadCachePlace(const mace_compile_options& from, Lent<mace_bytes>* lent,
                    CompileOptions::Cache* to) {
  if (from.cache_file != nullptr) {
    to->file = {from.cache_file->descriptor, from.cache_file->offset, from.cache_file->size};
  }
  to->in_memory = from.cache_in_memory != 0;
  if (from.cache_memory == nullptr) return;
  to->in_memory = true;
  to->memory.data = from.cache_memory->data;
  to->memory.size = from.cache_memory->size;
  std::function<void()> release = lent->Take();
  if (!release) return;
  to->memory.owner = std::shared_ptr<const void>(
      from.cache_memory->data, [release = std::move(release)](const void*) { release(); });
}

// `lent`: the memory that the caller lends with the options.
mace::StatusOr<CompileOptions> ReadOptions(const mace_compile_options* options,
                                           Lent<mace_bytes>* lent) {
  mace_compile_options from = DefaultOptions();
  MACE_RETURN_IF_ERROR(ReadStruct("options", options, &from));
  if (from.reserved_too != 0) {
    return mace::InvalidArgument("reserved_too: expected 0, found another value");
  }
  if (from.reserved != 0) return mace::InvalidArgument("reserved: expected 0, found another value");
  CompileOptions to;
  if (from.device != nullptr) to.device = from.device;
  MACE_RETURN_IF_ERROR(
      ReadEnum("storage", from.storage, CompileOptions::Storage::kBuffer, &to.storage));
  MACE_RETURN_IF_ERROR(
      ReadEnum("precision", from.precision, CompileOptions::Precision::kFloat16, &to.precision));
  MACE_RETURN_IF_ERROR(ReadEnum("tuning", from.tuning, CompileOptions::Tuning::kFull, &to.tuning));
  MACE_RETURN_IF_ERROR(ReadEnum("environment", from.environment,
                                CompileOptions::Environment::kNever, &to.environment));
  ReadProgress(from, &to);
  to.allow_cpu_fallback = from.allow_cpu_fallback != 0;
  to.separate_launches = from.separate_launches != 0;
  to.split_batch = from.split_batch != 0;
  ReadCache(from, &to.cache);
  to.opencl.context = from.opencl_context;
  to.opencl.device = from.opencl_device;
  to.opencl.queue = from.opencl_queue;
  to.limits.host_bytes = from.host_memory_limit;
  to.limits.device_bytes = from.device_memory_limit;
  to.limits.kept_plans = from.kept_plans;
  to.limits.kept_plan_bytes = from.kept_plan_bytes;
  ReadCachePlace(from, lent, &to.cache);
  return to;
}

// Owns what the pointers of a mace_statistics point to.
struct StatisticsOwner {
  mace::Statistics numbers;
  std::string note;
  std::vector<mace_cpu_node> cpu_nodes;
};

void WritePlan(const mace::Statistics& from, mace_statistics* to) {
  to->batch_slices = from.batch_slices;
  to->launches_per_run = from.launches_per_run;
  to->gpu_image_nodes = from.gpu_image_nodes;
  to->gpu_buffer_nodes = from.gpu_buffer_nodes;
  to->cpu_nodes = from.cpu_nodes;
  to->folded_nodes = from.folded_nodes;
  to->tuning = from.tuning.level.c_str();
  to->tuning_measured = from.tuning.measured;
  to->tuning_ms = from.tuning.ms;
}

void WriteCache(const mace::CacheStatistics& from, mace_statistics* to) {
  to->cache_file = from.file.c_str();
  to->cache_status = from.status.c_str();
  to->cache_reason = from.reason.c_str();
  to->cache_hits = from.hits;
  to->cache_misses = from.misses;
  to->cache_built_from_source = from.built_from_source;
  to->cache_loaded_bytes = from.loaded_bytes;
  to->cache_written_ms = from.written_ms;
}

mace_statistics Show(StatisticsOwner* owner) {
  const mace::Statistics& from = owner->numbers;
  mace_statistics to = {};
  to.owner = owner;
  to.device = from.device.c_str();
  to.driver = from.driver.c_str();
  to.note = owner->note.c_str();
  to.compile_ms = from.compile_ms;
  to.device_open_ms = from.device_open_ms;
  to.program_ms = from.program_ms;
  WritePlan(from, &to);
  for (const mace::CpuNode& node : from.cpu_node_list) {
    owner->cpu_nodes.push_back({node.name.c_str(), node.type.c_str(), node.why.c_str()});
  }
  to.cpu_node_list = owner->cpu_nodes.data();
  to.cpu_node_list_count = owner->cpu_nodes.size();
  WriteCache(from.cache, &to);
  to.plans = from.plans;
  to.device_bytes = from.device_bytes;
  to.peak_device_bytes = from.peak_device_bytes;
  to.runs = from.runs;
  return to;
}

}  // namespace

void mace_compile_options_init(mace_compile_options* options, size_t struct_size) {
  if (options != nullptr) FillStruct(DefaultOptions(), struct_size, options);
}

mace_status_code mace_compile(const mace_model* model, const mace_compile_options* options,
                              mace_compiled_model** compiled) {
  return Guard([&]() -> mace::Status {
    Lent<mace_bytes> lent(CacheMemoryOf(options));
    if (compiled != nullptr) *compiled = nullptr;
    MACE_RETURN_IF_ERROR(CheckPresent({{"model", model}, {"compiled", compiled}}));
    MACE_ASSIGN_OR_RETURN(const CompileOptions read, ReadOptions(options, &lent));
    MACE_ASSIGN_OR_RETURN(mace::CompiledModel made,
                          mace::CompiledModel::Compile(model->model, read));
    *compiled = new mace_compiled_model{std::move(made)};
    return mace::Status();
  });
}

mace_status_code mace_compile_file(const char* path, const mace_load_options* load_options,
                                   const mace_compile_options* options,
                                   mace_compiled_model** compiled) {
  return Guard([&]() -> mace::Status {
    Lent<mace_bytes> lent(CacheMemoryOf(options));
    if (compiled != nullptr) *compiled = nullptr;
    MACE_RETURN_IF_ERROR(CheckPresent({{"path", path}, {"compiled", compiled}}));
    MACE_ASSIGN_OR_RETURN(const mace::LoadOptions load, ReadLoadOptions(load_options));
    MACE_ASSIGN_OR_RETURN(const CompileOptions read, ReadOptions(options, &lent));
    MACE_ASSIGN_OR_RETURN(mace::CompiledModel made, mace::CompiledModel::Load(path, load, read));
    *compiled = new mace_compiled_model{std::move(made)};
    return mace::Status();
  });
}

void mace_compiled_model_free(mace_compiled_model* compiled) { delete compiled; }

size_t mace_compiled_model_input_count(const mace_compiled_model* compiled) {
  return compiled == nullptr ? 0 : compiled->compiled.inputs().size();
}

size_t mace_compiled_model_output_count(const mace_compiled_model* compiled) {
  return compiled == nullptr ? 0 : compiled->compiled.outputs().size();
}

mace_status_code mace_compiled_model_input(const mace_compiled_model* compiled, size_t index,
                                           mace_tensor_spec* spec) {
  return Guard([&]() -> mace::Status {
    MACE_RETURN_IF_ERROR(CheckPresent({{"compiled", compiled}, {"spec", spec}}));
    return WriteSpec(compiled->compiled.inputs(), "input", index, spec);
  });
}

mace_status_code mace_compiled_model_output(const mace_compiled_model* compiled, size_t index,
                                            mace_tensor_spec* spec) {
  return Guard([&]() -> mace::Status {
    MACE_RETURN_IF_ERROR(CheckPresent({{"compiled", compiled}, {"spec", spec}}));
    return WriteSpec(compiled->compiled.outputs(), "output", index, spec);
  });
}

const char* mace_compiled_model_input_dim_name(const mace_compiled_model* compiled, size_t index,
                                               size_t axis) {
  return compiled == nullptr ? "" : DimName(compiled->compiled.inputs(), index, axis);
}

const char* mace_compiled_model_output_dim_name(const mace_compiled_model* compiled, size_t index,
                                                size_t axis) {
  return compiled == nullptr ? "" : DimName(compiled->compiled.outputs(), index, axis);
}

mace_status_code mace_compiled_model_prepare(mace_compiled_model* compiled,
                                             const mace_named_dims* input_dims, size_t count) {
  return Guard([&]() -> mace::Status {
    MACE_RETURN_IF_ERROR(CheckPresent({{"compiled", compiled}}));
    MACE_ASSIGN_OR_RETURN(const mace::DimsByName dims,
                          ReadNamedDims("input_dims", input_dims, count));
    return compiled->compiled.Prepare(dims);
  });
}

mace_status_code mace_compiled_model_prepare_outputs(mace_compiled_model* compiled,
                                                     const mace_named_dims* input_dims,
                                                     size_t dims_count, const char* const* names,
                                                     size_t name_count) {
  return Guard([&]() -> mace::Status {
    MACE_RETURN_IF_ERROR(CheckPresent({{"compiled", compiled}}));
    MACE_ASSIGN_OR_RETURN(const mace::DimsByName dims,
                          ReadNamedDims("input_dims", input_dims, dims_count));
    MACE_ASSIGN_OR_RETURN(const std::vector<std::string> outputs,
                          ReadNames("names", names, name_count));
    return compiled->compiled.Prepare(dims, outputs);
  });
}

mace_status_code mace_compiled_model_new_request(mace_compiled_model* compiled,
                                                 mace_request** request) {
  return Guard([&]() -> mace::Status {
    if (request != nullptr) *request = nullptr;
    MACE_RETURN_IF_ERROR(CheckPresent({{"compiled", compiled}, {"request", request}}));
    MACE_ASSIGN_OR_RETURN(mace::Request made, compiled->compiled.NewRequest());
    *request = new mace_request{std::move(made)};
    return mace::Status();
  });
}

mace_status_code mace_compiled_model_save_cache(mace_compiled_model* compiled) {
  return Guard([&]() -> mace::Status {
    MACE_RETURN_IF_ERROR(CheckPresent({{"compiled", compiled}}));
    return compiled->compiled.SaveCache();
  });
}

const void* mace_byte_array_data(const mace_byte_array* bytes) {
  return bytes == nullptr ? nullptr : bytes->bytes.data();
}

size_t mace_byte_array_size(const mace_byte_array* bytes) {
  return bytes == nullptr ? 0 : bytes->bytes.size();
}

void mace_byte_array_free(mace_byte_array* bytes) { delete bytes; }

mace_status_code mace_compiled_model_save_cache_to_bytes(mace_compiled_model* compiled,
                                                         mace_byte_array** bytes) {
  return Guard([&]() -> mace::Status {
    if (bytes != nullptr) *bytes = nullptr;
    MACE_RETURN_IF_ERROR(CheckPresent({{"compiled", compiled}, {"bytes", bytes}}));
    MACE_ASSIGN_OR_RETURN(std::vector<uint8_t> saved, compiled->compiled.SaveCacheToBytes());
    *bytes = new mace_byte_array{std::move(saved)};
    return mace::Status();
  });
}

mace_status_code mace_compiled_model_statistics(const mace_compiled_model* compiled,
                                                mace_statistics* statistics) {
  return Guard([&]() -> mace::Status {
    MACE_RETURN_IF_ERROR(CheckPresent({{"compiled", compiled}, {"statistics", statistics}}));
    auto owner = std::make_unique<StatisticsOwner>();
    owner->numbers = compiled->compiled.statistics();
    owner->note = compiled->compiled.note();
    const mace_statistics full = Show(owner.get());
    MACE_RETURN_IF_ERROR(
        WriteStruct("statistics", full, offsetof(mace_statistics, device), statistics));
    owner.release();  // mace_statistics_clear frees it.
    return mace::Status();
  });
}

void mace_statistics_clear(mace_statistics* statistics) {
  if (statistics == nullptr || statistics->struct_size < offsetof(mace_statistics, device)) return;
  delete static_cast<StatisticsOwner*>(statistics->owner);
  FillStruct(mace_statistics(), statistics->struct_size, statistics);
}
