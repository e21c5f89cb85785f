/* A part of an open file. */
#ifndef MACE_API_C_FILE_RANGE_H_
#define MACE_API_C_FILE_RANGE_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A part of an open file. The descriptor belongs to the caller, who may close it after the call. */
typedef struct mace_file_range {
  int32_t descriptor;
  uint64_t offset; /* In bytes. */
  uint64_t size;   /* In bytes; 0: up to the file's end. */
} mace_file_range;

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* MACE_API_C_FILE_RANGE_H_ */
