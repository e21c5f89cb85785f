/* Measurements of a compiled model and its runs. All times are in milliseconds. */
#ifndef MACE_API_C_STATISTICS_H_
#define MACE_API_C_STATISTICS_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A node that runs on the CPU, and why. */
typedef struct mace_cpu_node {
  const char* name;
  const char* type;
  const char* why;
} mace_cpu_node;

/* The dims of one input or output. */
typedef struct mace_dims {
  const int64_t* dims;
  size_t rank;
} mace_dims;

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
  const char* tuning_plan;
  uint64_t tuning_found;
  uint64_t tuning_left;
  const mace_dims* input_dims; /* In the order of the model's inputs. */
  size_t input_dims_count;
  const mace_dims* output_dims; /* In the order of the model's outputs. */
  size_t output_dims_count;
} mace_statistics;

/* Frees the content of the struct, not the struct itself, and sets all members but struct_size to
 * 0. NULL and a struct of zeros are allowed. */
void mace_statistics_clear(mace_statistics* statistics);

typedef struct mace_run_statistics {
  size_t struct_size; /* Set by the caller. */
  double latency_ms;  /* Time from host inputs to host outputs. */
  int32_t made_plan;  /* 1: the run waited until a plan for its dims and outputs was made. */
  int32_t reserved;   /* 0 */
} mace_run_statistics;

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* MACE_API_C_STATISTICS_H_ */
