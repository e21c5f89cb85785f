/* The options for compiling a model, and the callbacks of tuning. */
#ifndef MACE_API_C_COMPILE_OPTIONS_H_
#define MACE_API_C_COMPILE_OPTIONS_H_

#include <stddef.h>
#include <stdint.h>

#include "mace/api/c/bytes.h"
#include "mace/api/c/file_range.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t mace_storage;
enum { MACE_STORAGE_AUTO = 0, MACE_STORAGE_IMAGE = 1, MACE_STORAGE_BUFFER = 2 };
typedef int32_t mace_precision;
enum { MACE_PRECISION_FLOAT32 = 0, MACE_PRECISION_TF32 = 1, MACE_PRECISION_FLOAT16 = 2 };
typedef int32_t mace_tuning;
enum { MACE_TUNING_NONE = 0, MACE_TUNING_FAST = 1, MACE_TUNING_FULL = 2 };
typedef int32_t mace_environment;
enum { MACE_ENVIRONMENT_WHEN_NEEDED = 0, MACE_ENVIRONMENT_NEVER = 1 };

typedef struct mace_tuning_progress {
  size_t struct_size; /* Set by the library. */
  size_t done;        /* Variants measured so far. */
  size_t total;       /* Variants to be measured. */
  double elapsed_ms;  /* Milliseconds since the tuning began. */
} mace_tuning_progress;
/* Called on the thread that compiles; `progress` is valid during the call. */
typedef void (*mace_tuning_callback)(void* user, const mace_tuning_progress* progress);

/* A mace_tuning_callback that returns whether to continue. If it returns 0, compiling ends with
 * MACE_CANCELLED, and the measurements stay in the cache file. */
typedef int32_t (*mace_tuning_continue)(void* user, const mace_tuning_progress* progress);

/* mace::CompileOptions describes the members. Truth values are 0 or 1. */
typedef struct mace_compile_options {
  size_t struct_size;
  const char* device; /* NULL: "gpu". */
  mace_storage storage;
  mace_precision precision;
  mace_tuning tuning;
  mace_environment environment;
  mace_tuning_callback tuning_callback; /* May be NULL. */
  void* tuning_user;                    /* The argument `user` of both tuning callbacks. */
  int32_t allow_cpu_fallback;           /* 1 */
  int32_t separate_launches;            /* 0 */
  int32_t split_batch;                  /* 1 */
  int32_t cache_allow_shared;           /* 0 */
  int32_t cache_read_only;              /* 0 */
  int32_t cache_save_after_first_run;   /* 1 */
  const char* cache_path;               /* NULL: no cache file. */
  const char* cache_public_key;         /* NULL: no signature is required. */
  uint64_t cache_size_limit;            /* 256 MiB */
  uint32_t cache_min_generation;        /* 0 */
  uint32_t reserved;                    /* 0: another value is MACE_INVALID_ARGUMENT. */
  uint64_t host_memory_limit;           /* Bytes; 0: what the system has available. */
  uint64_t device_memory_limit;         /* Bytes; 0: the memory that the driver reports. */
  uint64_t kept_plans;                  /* 16 */
  uint64_t kept_plan_bytes;             /* 0: a quarter of the device's memory. */
  /* The app's objects, which are retained: cl_context, cl_device_id, in-order cl_command_queue. */
  void* opencl_context;                 /* NULL: a context of the library's own. */
  void* opencl_device;                  /* NULL: the context's only device. */
  void* opencl_queue;                   /* NULL: queues of the library's own. */
  mace_tuning_continue tuning_continue; /* May be NULL; called after tuning_callback. */
  /* At most one of cache_path, cache_file and a cache in memory may be set. */
  const mace_file_range* cache_file; /* An open file; NULL: none. */
  /* The content of a cache in memory; NULL: none. Each call that takes the options calls the
   * release once. */
  const mace_bytes* cache_memory;
  int32_t cache_in_memory; /* 1: a cache in memory, which is empty without cache_memory. */
  int32_t reserved_too;    /* 0: another value is MACE_INVALID_ARGUMENT. */
} mace_compile_options;

/* Writes the defaults; call it with sizeof(mace_compile_options). NULL does nothing. */
void mace_compile_options_init(mace_compile_options* options, size_t struct_size);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* MACE_API_C_COMPILE_OPTIONS_H_ */
