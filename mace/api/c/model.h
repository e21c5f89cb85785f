/* Models that were read and checked, with their weights, and without a device. Errors, ownership
 * and threads are as mace/mace_c.h says. */
#ifndef MACE_API_C_MODEL_H_
#define MACE_API_C_MODEL_H_

#include <stddef.h>
#include <stdint.h>

#include "mace/api/c/bytes.h"
#include "mace/api/c/file_range.h"
#include "mace/api/c/status.h"
#include "mace/api/c/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

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
  const char* signature;
} mace_load_options;

/* Writes the defaults; call it with sizeof(mace_load_options). NULL does nothing. */
void mace_load_options_init(mace_load_options* options, size_t struct_size);

/* Reads a model from a file. `options` may be NULL: the defaults. Errors are those of
 * mace::Model::Load. */
mace_status_code mace_model_load(const char* path, const mace_load_options* options,
                                 mace_model** model);
/* Reads a model from memory. `weights`: the content of a MACE model's `.data`; may be NULL. Options
 * are those of mace_model_load, and errors those of mace::Model::FromBytes. */
mace_status_code mace_model_from_bytes(const mace_bytes* bytes, const mace_bytes* weights,
                                       const mace_load_options* options, mace_model** model);
/* Reads a model from an open file or a part of one. `weights`: a MACE model's `.data`; may be NULL.
 * Options are those of mace_model_load, and errors those of mace::Model::FromDescriptor. */
mace_status_code mace_model_from_descriptor(const mace_file_range* range,
                                            const mace_file_range* weights,
                                            const mace_load_options* options, mace_model** model);
void mace_model_free(mace_model* model);

/* These functions describe the inputs and outputs, in the file's order. The counts of a NULL model
 * are 0. MACE_NOT_FOUND for an index that is too large. */
size_t mace_model_input_count(const mace_model* model);
size_t mace_model_output_count(const mace_model* model);
mace_status_code mace_model_input(const mace_model* model, size_t index, mace_tensor_spec* spec);
mace_status_code mace_model_output(const mace_model* model, size_t index, mace_tensor_spec* spec);
/* The name that the file gives to an extent of an input or output, such as "batch". "" if the
 * extent has no name, for a NULL model, and for an index or an axis that is too large. */
const char* mace_model_input_dim_name(const mace_model* model, size_t index, size_t axis);
const char* mace_model_output_dim_name(const mace_model* model, size_t index, size_t axis);
/* "mace", "tensorflow", "tflite" or "onnx"; "" for a NULL model. */
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

/* Describes the files that mace_model_save has written. mace::SaveReport describes the members. */
typedef struct mace_save_report {
  size_t struct_size; /* Set by the caller. */
  void* owner;        /* Owns the memory that the pointers refer to; for mace_save_report_clear. */
  const char* data_path;
  uint64_t nodes;
  uint64_t model_bytes;
  uint64_t data_bytes;
  const char* const* beyond_upstream;
  size_t beyond_upstream_count;
} mace_save_report;

/* Writes the model in MACE's format: the graph into the file `path`, and the weights into a file of
 * their own. `options` may be NULL: the defaults. `report` may be NULL; otherwise the function
 * fills the struct without freeing what it held before, and the caller frees the new content by
 * mace_save_report_clear. Errors are those of mace::Model::Save; the report is then unchanged. */
mace_status_code mace_model_save(const mace_model* model, const char* path,
                                 const mace_save_options* options, mace_save_report* report);
/* Frees the content of the struct, not the struct itself, and sets all members but struct_size to
 * 0. NULL and a struct of zeros are allowed. */
void mace_save_report_clear(mace_save_report* report);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* MACE_API_C_MODEL_H_ */
