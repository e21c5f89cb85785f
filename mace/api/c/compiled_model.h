/* Models that are compiled for a device. Errors, ownership and threads are as mace/mace_c.h says.
 */
#ifndef MACE_API_C_COMPILED_MODEL_H_
#define MACE_API_C_COMPILED_MODEL_H_

#include <stddef.h>

#include "mace/api/c/bytes.h"
#include "mace/api/c/compile_options.h"
#include "mace/api/c/model.h"
#include "mace/api/c/request.h"
#include "mace/api/c/statistics.h"
#include "mace/api/c/status.h"
#include "mace/api/c/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mace_compiled_model mace_compiled_model;

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

/* These functions do what mace_model_input_count, mace_model_output_count, mace_model_input and
 * mace_model_output do, for a compiled model. */
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
/* Saves the cache and gives all of its bytes, for cache_memory of a later start.
 * MACE_FAILED_PRECONDITION if the model was compiled without a cache. */
mace_status_code mace_compiled_model_save_cache_to_bytes(mace_compiled_model* compiled,
                                                         mace_byte_array** bytes);

/* Fills the struct without freeing what it held before. The caller frees the new content by
 * mace_statistics_clear. */
mace_status_code mace_compiled_model_statistics(const mace_compiled_model* compiled,
                                                mace_statistics* statistics);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* MACE_API_C_COMPILED_MODEL_H_ */
