/* Dense tensors in host memory or in an OpenCL buffer: the inputs and outputs of requests. Errors,
 * ownership and threads are as mace/mace_c.h says. */
#ifndef MACE_API_C_TENSOR_H_
#define MACE_API_C_TENSOR_H_

#include <stddef.h>
#include <stdint.h>

#include "mace/api/c/bytes.h"
#include "mace/api/c/data_type.h"
#include "mace/api/c/status.h"

#ifdef __cplusplus
extern "C" {
#endif

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

/* An input or output. The pointers belong to the object that was asked. */
typedef struct mace_tensor_spec {
  size_t struct_size; /* Set by the caller. */
  const char* name;
  const int64_t* dims; /* -1: dynamic. */
  size_t rank;
  const char* layout; /* "NHWC", "NCHW" or "NONE". */
  mace_dtype dtype;
} mace_tensor_spec;

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* MACE_API_C_TENSOR_H_ */
