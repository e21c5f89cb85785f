/* The element types that a tensor can have. Thread-safe. */
#ifndef MACE_API_C_DATA_TYPE_H_
#define MACE_API_C_DATA_TYPE_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

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
  MACE_DTYPE_FLOAT64 = 9,
  MACE_DTYPE_INT16 = 10,
  MACE_DTYPE_UINT16 = 11,
  MACE_DTYPE_UINT32 = 12,
  MACE_DTYPE_UINT64 = 13,
  MACE_DTYPE_INT4 = 14, /* One element in each byte, in its lower bits; so for the next three. */
  MACE_DTYPE_UINT4 = 15,
  MACE_DTYPE_INT2 = 16,
  MACE_DTYPE_UINT2 = 17
};
/* Bytes of one element; 0 for a value that is no dtype. */
size_t mace_dtype_size(mace_dtype dtype);
/* "float32" and so on; "invalid" for a value that is no dtype. A static string. */
const char* mace_dtype_name(mace_dtype dtype);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* MACE_API_C_DATA_TYPE_H_ */
