/* mace in C (C99 and C++), with the objects and rules of mace/mace.h, which describes them in full.
 *
 *   mace_model* model = NULL;
 *   mace_compiled_model* compiled = NULL;
 *   mace_request* request = NULL;
 *   mace_model_load("model.onnx", NULL, &model);
 *   mace_compile(model, NULL, &compiled);
 *   mace_compiled_model_new_request(compiled, &request);
 *   mace_request_set(request, "input", input);
 *   mace_request_run(request);
 *   mace_request_get(request, "scores", &scores);
 *
 * tools/example.c is a whole program.
 *
 * Errors: every call that can fail returns a mace_status_code; mace_last_error_message() gives the
 * reason. A call that fails sets its `mace_...**` result to NULL and changes nothing else. A NULL
 * pointer where one is needed is MACE_INVALID_ARGUMENT with the parameter's name; parameters that
 * may be NULL say so. No C++ exception leaves a call, and none may leave a callback.
 *
 * Ownership: an object that a call puts into a `mace_...**` belongs to the caller, who frees it by
 * the type's mace_..._free, which accepts NULL. Objects may be freed in any order: each keeps what
 * it needs of the others. Arguments are read before the call returns and stay the caller's; memory
 * that is borrowed for longer has a release callback. A `const` pointer that a call returns belongs
 * to the object that was asked, and is valid until that object is freed.
 *
 * Strings are UTF-8 and end with a zero; paths are in the system's encoding.
 *
 * Threads: models, compiled models and lists of devices are thread-safe. A request belongs to one
 * thread at a time, and so does a tensor; mace_request_wait and mace_request_cancel may be called
 * on any thread. An object may only be freed when no other thread uses it.
 *
 * Binary compatibility, within one soname:
 * - Functions are only added. Values of enums never change.
 * - A struct that begins with `struct_size` gets new members only at its end. The caller sets
 *   struct_size to the sizeof that it was compiled with, which mace_..._options_init does. A size
 *   smaller than the library's is accepted: missing members have their defaults. A larger one is
 *   MACE_UNSUPPORTED if a member that the library does not know is not zero.
 * - The other structs never change.
 * Tests compare the library with mace/exported_symbols.txt and mace/c_struct_layout.txt.
 */
#ifndef MACE_MACE_C_H_
#define MACE_MACE_C_H_

#include <stddef.h>
#include <stdint.h>

/* The version of this header, equal to that of mace/api/version.h (a difference does not compile).
 * */
#define MACE_VERSION_MAJOR 0
#define MACE_VERSION_MINOR 1
#define MACE_VERSION_PATCH 0
#define MACE_VERSION (10000 * MACE_VERSION_MAJOR + 100 * MACE_VERSION_MINOR + MACE_VERSION_PATCH)

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Errors, version, log ---- */

typedef enum mace_status_code {
  MACE_OK = 0,
  MACE_INVALID_ARGUMENT = 1,    /* The caller's option, tensor or file content is wrong. */
  MACE_NOT_FOUND = 2,           /* A file, tensor or device that was named is not there. */
  MACE_CORRUPTION = 3,          /* Bytes of a file contradict themselves. */
  MACE_UNSUPPORTED = 4,         /* Well formed, but this build or device cannot do it. */
  MACE_IO_ERROR = 5,            /* The operating system refused. */
  MACE_DEVICE_ERROR = 6,        /* An OpenCL call failed. */
  MACE_RESOURCE_EXHAUSTED = 7,  /* Memory is used up, or a limit would be passed. */
  MACE_FAILED_PRECONDITION = 8, /* The object is not in the right state for the call. */
  MACE_INTERNAL = 9,            /* A bug: an invariant of the library does not hold. */
  MACE_CANCELLED = 10,          /* The caller cancelled the work. */
  MACE_DEADLINE_EXCEEDED = 11,  /* The caller's time limit has passed. */
  MACE_DEVICE_LOST = 12         /* The driver says that the device is gone: compile again. */
} mace_status_code;

/* One line on the last failed call of this thread; "" if none has failed. Calls that succeed do not
 * change it. The text belongs to the library and is valid until this thread's next failed call. */
const char* mace_last_error_message(void);
/* "INVALID_ARGUMENT" and so on; "UNKNOWN" for an unknown code. A static string. */
const char* mace_status_code_name(mace_status_code code);

/* The version of the linked library, such as "0.1.0". A static string. */
const char* mace_version(void);

/* Enumerations that callers pass are integers of a fixed size. A value that is not listed is
 * MACE_INVALID_ARGUMENT. */
typedef int32_t mace_log_level;
enum { MACE_LOG_ERROR = 0, MACE_LOG_WARNING = 1, MACE_LOG_INFO = 2, MACE_LOG_DEBUG = 3 };
/* Receives one line without a line end, which is valid during the call. Called by several threads
 * at once; must not call mace. */
typedef void (*mace_log_sink)(void* user, mace_log_level level, const char* line);

/* Sets the level up to which lines are written. */
mace_status_code mace_set_log_level(mace_log_level level);
/* Sets the function that receives the lines; NULL: stderr again. A replaced sink may still be
 * running on other threads, so `user` must stay valid while they may log. */
mace_status_code mace_set_log_sink(mace_log_sink sink, void* user);

/* ---- Memory and tensors ---- */

typedef int32_t mace_dtype;
enum {
  MACE_DTYPE_INVALID = 0,
  MACE_DTYPE_FLOAT32 = 1,
  MACE_DTYPE_FLOAT16 = 2,
  MACE_DTYPE_BFLOAT16 = 3,
  MACE_DTYPE_INT32 = 4,
  MACE_DTYPE_INT64 = 5,
  MACE_DTYPE_UINT8 = 6,
  MACE_DTYPE_INT8 = 7,
  MACE_DTYPE_BOOL = 8, /* One byte, 0 or 1. */
  MACE_DTYPE_FLOAT64 = 9
};
/* Bytes of one element; 0 for a value that is no dtype. */
size_t mace_dtype_size(mace_dtype dtype);
/* "float32" and so on; "invalid" for a value that is no dtype. A static string. */
const char* mace_dtype_name(mace_dtype dtype);

/* Called once, on any thread, when borrowed memory is no longer needed, even if the call that was
 * given the memory fails. */
typedef void (*mace_release)(void* user);

/* Memory to read. If `release` is given, the memory is borrowed until `release` is called. Without
 * `release`, models and caches copy the memory, and tensors need it as long as they are used. */
typedef struct mace_bytes {
  const void* data;
  size_t size;          /* In bytes. */
  mace_release release; /* May be NULL. */
  void* user;           /* The argument of `release`. */
} mace_bytes;

/* Memory to read and to write. */
typedef struct mace_mutable_bytes {
  void* data;
  size_t size;          /* In bytes. */
  mace_release release; /* May be NULL. */
  void* user;           /* The argument of `release`. */
} mace_mutable_bytes;

/* A tensor whose elements are in row-major order, without gaps. A handle may share its elements
 * with the inputs and outputs of requests and with other handles. Memory that the library allocated
 * is never written while another handle shares it. */
typedef struct mace_tensor mace_tensor;

/* Makes a tensor with zeroed memory of its own. `dims` may be NULL if `rank` is 0. */
mace_status_code mace_tensor_allocate(mace_dtype dtype, const int64_t* dims, size_t rank,
                                      mace_tensor** tensor);
/* Makes a view of the caller's memory, which the library never writes. bytes->size must be the size
 * of the elements. */
mace_status_code mace_tensor_view(mace_dtype dtype, const int64_t* dims, size_t rank,
                                  const mace_bytes* bytes, mace_tensor** tensor);
/* Makes a view of the caller's memory that a request may write. It must be aligned for the dtype.
 * */
mace_status_code mace_tensor_mutable_view(mace_dtype dtype, const int64_t* dims, size_t rank,
                                          const mace_mutable_bytes* bytes, mace_tensor** tensor);
/* A part of an OpenCL buffer. The handle is opaque, so that this header needs no OpenCL header. */
typedef struct mace_opencl_buffer {
  void* buffer;    /* A cl_mem that is a buffer. */
  uint64_t offset; /* Offset of the first element in the buffer, in bytes. */
  uint64_t size;   /* Size of the elements, in bytes. */
} mace_opencl_buffer;
/* Makes a tensor with elements in a buffer of the context in which a model is compiled
 * (opencl_context). The buffer is retained; mace_tensor_data is NULL. See mace::Tensor::OpenCl. */
mace_status_code mace_tensor_opencl(mace_dtype dtype, const int64_t* dims, size_t rank,
                                    const mace_opencl_buffer* buffer, mace_tensor** tensor);
/* Gives the buffer that holds the elements; its handle is NULL for a tensor in host memory and for
 * a NULL tensor. `buffer` NULL: does nothing. */
void mace_tensor_opencl_buffer(const mace_tensor* tensor, mace_opencl_buffer* buffer);
void mace_tensor_free(mace_tensor* tensor);
/* Converts the elements to another dtype, into a new handle, which may share the elements if the
 * dtype is the same. mace::Tensor::ConvertTo describes the conversion and the errors. */
mace_status_code mace_tensor_convert(const mace_tensor* tensor, mace_dtype dtype,
                                     mace_tensor** converted);

/* For a NULL tensor these functions give MACE_DTYPE_INVALID, 0 or NULL. */
mace_dtype mace_tensor_dtype(const mace_tensor* tensor);
size_t mace_tensor_rank(const mace_tensor* tensor);
const int64_t* mace_tensor_dims(const mace_tensor* tensor); /* `rank` extents, outermost first. */
int64_t mace_tensor_elements(const mace_tensor* tensor);
size_t mace_tensor_bytes(const mace_tensor* tensor);
const void* mace_tensor_data(const mace_tensor* tensor);
/* The elements, for writing. NULL also for a tensor of mace_tensor_view and, except for a tensor of
 * mace_tensor_mutable_view, if another handle shares the elements. */
void* mace_tensor_mutable_data(mace_tensor* tensor);

/* ---- Models ---- */

typedef struct mace_model mace_model;

/* Dims by the name of a tensor. */
typedef struct mace_named_dims {
  const char* name;
  const int64_t* dims;
  size_t rank;
} mace_named_dims;

typedef struct mace_named_tensor {
  const char* name;
  const mace_tensor* tensor;
} mace_named_tensor;

/* A part of an open file. The descriptor belongs to the caller, who may close it after the call. */
typedef struct mace_file_range {
  int32_t descriptor;
  uint64_t offset; /* In bytes. */
  uint64_t size;   /* In bytes; 0: up to the file's end. */
} mace_file_range;

/* Every member may be 0 or NULL. mace::LoadOptions describes them. */
typedef struct mace_load_options {
  size_t struct_size;
  const char* data_path;
  const mace_named_dims* input_dims;
  size_t input_dims_count;
  const mace_named_dims* dynamic_dims;
  size_t dynamic_dims_count;
  const char* const* inputs;
  size_t inputs_count;
  const char* const* outputs;
  size_t outputs_count;
  const mace_named_tensor* values;
  size_t values_count;
  uint64_t host_memory_limit; /* 0: what the system has available. */
} mace_load_options;

/* Writes the defaults; call it with sizeof(mace_load_options). NULL does nothing. */
void mace_load_options_init(mace_load_options* options, size_t struct_size);

/* The three functions read a model from a file, from memory, and from an open file. `options` may
 * be NULL: the defaults. Errors are those of mace::Model::Load. */
mace_status_code mace_model_load(const char* path, const mace_load_options* options,
                                 mace_model** model);
/* `weights`: the content of a MACE model's `.data`; may be NULL. */
mace_status_code mace_model_from_bytes(const mace_bytes* bytes, const mace_bytes* weights,
                                       const mace_load_options* options, mace_model** model);
mace_status_code mace_model_from_descriptor(const mace_file_range* range,
                                            const mace_file_range* weights,
                                            const mace_load_options* options, mace_model** model);
void mace_model_free(mace_model* model);

/* An input or output. The pointers belong to the object that was asked. */
typedef struct mace_tensor_spec {
  size_t struct_size; /* Set by the caller. */
  const char* name;
  const int64_t* dims; /* -1: dynamic. */
  size_t rank;
  const char* layout; /* "NHWC", "NCHW" or "NONE". */
  mace_dtype dtype;
} mace_tensor_spec;

/* The inputs and outputs in the file's order. The counts of a NULL model are 0. MACE_NOT_FOUND for
 * an index that is too large. */
size_t mace_model_input_count(const mace_model* model);
size_t mace_model_output_count(const mace_model* model);
mace_status_code mace_model_input(const mace_model* model, size_t index, mace_tensor_spec* spec);
mace_status_code mace_model_output(const mace_model* model, size_t index, mace_tensor_spec* spec);
/* The name that the file gives to an extent of an input or output, such as "batch". "" if the
 * extent has no name, for a NULL model, and for an index or an axis that is too large. */
const char* mace_model_input_dim_name(const mace_model* model, size_t index, size_t axis);
const char* mace_model_output_dim_name(const mace_model* model, size_t index, size_t axis);
/* "mace", "tensorflow" or "onnx"; "" for a NULL model. */
const char* mace_model_format(const mace_model* model);

/* mace::SaveOptions describes the members. Truth values are 0 or 1. */
typedef struct mace_save_options {
  size_t struct_size;
  const char* data_path; /* NULL: the model's name with ".data" in place of its extension. */
  int32_t half_weights;  /* 0 */
  int32_t reserved;      /* 0: another value is MACE_INVALID_ARGUMENT. */
} mace_save_options;

/* Writes the defaults; call it with sizeof(mace_save_options). NULL does nothing. */
void mace_save_options_init(mace_save_options* options, size_t struct_size);

/* Writes the model in MACE's format: the graph into the file `path`, and the weights into a file of
 * their own. `options` may be NULL: the defaults. Errors are those of mace::Model::Save. */
mace_status_code mace_model_save(const mace_model* model, const char* path,
                                 const mace_save_options* options);

/* ---- Compiled models ---- */

typedef struct mace_compiled_model mace_compiled_model;
typedef struct mace_request mace_request;

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

/* Compiles a model for a device. `options` may be NULL: the defaults. Errors are those of
 * mace::CompiledModel::Compile. */
mace_status_code mace_compile(const mace_model* model, const mace_compile_options* options,
                              mace_compiled_model** compiled);
/* mace_model_load and mace_compile at once: the file is read while the device is opened, which
 * makes a start shorter. Both options may be NULL. */
mace_status_code mace_compile_file(const char* path, const mace_load_options* load_options,
                                   const mace_compile_options* options,
                                   mace_compiled_model** compiled);
void mace_compiled_model_free(mace_compiled_model* compiled);

size_t mace_compiled_model_input_count(const mace_compiled_model* compiled);
size_t mace_compiled_model_output_count(const mace_compiled_model* compiled);
mace_status_code mace_compiled_model_input(const mace_compiled_model* compiled, size_t index,
                                           mace_tensor_spec* spec);
mace_status_code mace_compiled_model_output(const mace_compiled_model* compiled, size_t index,
                                            mace_tensor_spec* spec);
/* These two functions do what mace_model_input_dim_name does, for a compiled model. */
const char* mace_compiled_model_input_dim_name(const mace_compiled_model* compiled, size_t index,
                                               size_t axis);
const char* mace_compiled_model_output_dim_name(const mace_compiled_model* compiled, size_t index,
                                                size_t axis);

/* Makes the plan for these input dims in advance of the first run; NULL and 0: the model's dims.
 * Errors are those of mace::CompiledModel::Prepare. */
mace_status_code mace_compiled_model_prepare(mace_compiled_model* compiled,
                                             const mace_named_dims* input_dims, size_t count);
/* Makes the plan for these input dims and for requests that select these outputs. A name_count of 0
 * means all outputs. */
mace_status_code mace_compiled_model_prepare_outputs(mace_compiled_model* compiled,
                                                     const mace_named_dims* input_dims,
                                                     size_t dims_count, const char* const* names,
                                                     size_t name_count);
/* Makes a request, of which no input is set. */
mace_status_code mace_compiled_model_new_request(mace_compiled_model* compiled,
                                                 mace_request** request);
/* Writes new programs and measurements into the cache file, if there is one. */
mace_status_code mace_compiled_model_save_cache(mace_compiled_model* compiled);

/* Bytes that the library owns. */
typedef struct mace_byte_array mace_byte_array;
/* For a NULL array: NULL and 0. */
const void* mace_byte_array_data(const mace_byte_array* bytes);
size_t mace_byte_array_size(const mace_byte_array* bytes);
void mace_byte_array_free(mace_byte_array* bytes);
/* Saves the cache and gives all of its bytes, for cache_memory of a later start.
 * MACE_FAILED_PRECONDITION if the model was compiled without a cache. */
mace_status_code mace_compiled_model_save_cache_to_bytes(mace_compiled_model* compiled,
                                                         mace_byte_array** bytes);

/* A node that runs on the CPU, and why. */
typedef struct mace_cpu_node {
  const char* name;
  const char* type;
  const char* why;
} mace_cpu_node;

/* mace::Statistics describes the members. */
typedef struct mace_statistics {
  size_t struct_size; /* Set by the caller. */
  void* owner;        /* Owns the memory that the pointers refer to; for mace_statistics_clear. */
  const char* device;
  const char* driver;
  const char* note; /* A hint for the user: one line, or "". */
  double compile_ms;
  double device_open_ms;
  double program_ms;
  uint64_t batch_slices;
  uint64_t launches_per_run;
  uint64_t gpu_image_nodes;
  uint64_t gpu_buffer_nodes;
  uint64_t cpu_nodes;
  uint64_t folded_nodes;
  const mace_cpu_node* cpu_node_list;
  size_t cpu_node_list_count;
  const char* tuning;
  uint64_t tuning_measured;
  double tuning_ms;
  const char* cache_file;
  const char* cache_status;
  const char* cache_reason;
  uint64_t cache_hits;
  uint64_t cache_misses;
  uint64_t cache_built_from_source;
  uint64_t cache_loaded_bytes;
  double cache_written_ms;
  uint64_t plans;
  uint64_t device_bytes;
  uint64_t peak_device_bytes;
  uint64_t runs;
} mace_statistics;

/* Fills the struct without freeing what it held before. The caller frees the new content by
 * mace_statistics_clear. */
mace_status_code mace_compiled_model_statistics(const mace_compiled_model* compiled,
                                                mace_statistics* statistics);
/* Frees the content of the struct, not the struct itself, and sets all members but struct_size to
 * 0. NULL and a struct of zeros are allowed. */
void mace_statistics_clear(mace_statistics* statistics);

/* ---- Requests ---- */

/* Cancels a run that is at work and waits for its end. */
void mace_request_free(mace_request* request);

/* These functions set the tensor of an input, or the tensor into which runs write an output. The
 * request shares the elements; the handle belongs to the caller and may be freed at once. `tensor`
 * may not be NULL for an input; for an output NULL means a new tensor for each run. A run writes
 * into the tensor of an output if its dtype and dims are those of the result. A tensor of
 * mace_tensor_allocate is only written after the caller has freed the handle. */
mace_status_code mace_request_set(mace_request* request, const char* name,
                                  const mace_tensor* tensor);
mace_status_code mace_request_set_at(mace_request* request, size_t index,
                                     const mace_tensor* tensor);
mace_status_code mace_request_set_output(mace_request* request, const char* name,
                                         const mace_tensor* tensor);
mace_status_code mace_request_set_output_at(mace_request* request, size_t index,
                                            const mace_tensor* tensor);

/* Selects the outputs that the next runs give. A count of 0 selects all outputs, as in a new
 * request. Outputs that are not selected are not copied to the host, and nodes that no selected
 * output depends on are not computed. The first run with a new set of outputs may make a plan for
 * it. */
mace_status_code mace_request_select_outputs(mace_request* request, const char* const* names,
                                             size_t count);
mace_status_code mace_request_select_outputs_at(mace_request* request, const size_t* indices,
                                                size_t count);
/* Sets the events that the next run waits for before it begins on the device. Each is a cl_event of
 * the context that the model was compiled in, and is retained until that run ends. The run waits on
 * the host, so that mace_request_cancel and a deadline end the wait. If an event fails, the run is
 * MACE_FAILED_PRECONDITION. */
mace_status_code mace_request_set_wait_events(mace_request* request, void* const* events,
                                              size_t count);
/* Sets the event that the end of the next run signals: a cl_event that clCreateUserEvent made in
 * the context that the model was compiled in. Its status becomes negative if the run fails. NULL:
 * no event. */
mace_status_code mace_request_set_signal_event(mace_request* request, void* user_event);

/* Computes the outputs. MACE_FAILED_PRECONDITION if an input is not set. */
mace_status_code mace_request_run(mace_request* request);
/* mace_request_run with a time limit: MACE_DEADLINE_EXCEEDED after `limit_ms` milliseconds. */
mace_status_code mace_request_run_for(mace_request* request, int64_t limit_ms);

/* `message` is valid during the call; it is "" if `code` is MACE_OK. */
typedef void (*mace_done)(void* user, mace_status_code code, const char* message);
/* Runs on another thread, which calls `done` (may be NULL) before mace_request_wait returns. */
mace_status_code mace_request_start(mace_request* request, mace_done done, void* user);
/* Waits for the end of a run and gives its code. */
mace_status_code mace_request_wait(mace_request* request);
/* mace_request_wait with a time limit: MACE_DEADLINE_EXCEEDED if the run is still at work after
 * `limit_ms` milliseconds. The run then goes on. */
mace_status_code mace_request_wait_for(mace_request* request, int64_t limit_ms);
/* Makes a run that is at work end soon. Returns at once. NULL does nothing. */
void mace_request_cancel(mace_request* request);

/* Gives an output of the last run; MACE_FAILED_PRECONDITION if that run did not succeed or did not
 * give this output. The caller frees the handle. As long as the handle exists, later runs do not
 * change its elements, unless the elements are the caller's own memory. */
mace_status_code mace_request_get(const mace_request* request, const char* name,
                                  mace_tensor** tensor);
mace_status_code mace_request_get_at(const mace_request* request, size_t index,
                                     mace_tensor** tensor);

typedef struct mace_run_statistics {
  size_t struct_size; /* Set by the caller. */
  double latency_ms;  /* Time from host inputs to host outputs. */
  int32_t made_plan;  /* 1: the run waited until a plan for its dims and outputs was made. */
  int32_t reserved;   /* 0 */
} mace_run_statistics;
/* Measurements of the last run that succeeded. */
mace_status_code mace_request_statistics(const mace_request* request,
                                         mace_run_statistics* statistics);

/* ---- Devices ---- */

typedef struct mace_device_list mace_device_list;

/* mace::Device describes the members. The pointers belong to the list. */
typedef struct mace_device {
  size_t struct_size; /* Set by the caller. */
  const char* name;
  const char* vendor;
  const char* platform;
  const char* version;
  const char* driver;
  const char* type; /* "gpu", "cpu" or "accelerator". */
  uint32_t compute_units;
  uint32_t clock_mhz;
  uint64_t memory_bytes;
  uint64_t max_allocation_bytes;
  int32_t images;
  int32_t half_images;
  int32_t half_arithmetic;
  int32_t reserved;        /* 0 */
  const char* uuid;        /* For the device "uuid:..."; "" if the driver reports none. */
  const char* pci_address; /* For the device "pci:..."; "" if the driver reports none. */
  const char* platform_version;
  uint64_t local_memory_bytes;
  uint64_t max_work_group_size;
  uint64_t max_image_width;
  uint64_t max_image_height;
  int32_t host_unified_memory;
  int32_t is_default; /* 1: the device "gpu" means this device. */
} mace_device;

/* Lists every OpenCL device. The index in the list is the N of "gpu:N". Without a driver the list
 * is empty. Sets no environment variable. Errors are those of mace::ListDevices. */
mace_status_code mace_list_devices(mace_device_list** devices);
/* Lists the devices as mace_list_devices does. If this is the process's first OpenCL call, it may
 * set the environment variables that `environment` allows. */
mace_status_code mace_list_devices_in(mace_environment environment, mace_device_list** devices);
size_t mace_device_list_count(const mace_device_list* devices);
mace_status_code mace_device_list_get(const mace_device_list* devices, size_t index,
                                      mace_device* device);
void mace_device_list_free(mace_device_list* devices);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* MACE_MACE_C_H_ */
