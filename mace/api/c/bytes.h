/* Memory that a caller lends, and memory that the library gives. Errors, ownership and threads are
 * as mace/mace_c.h says. */
#ifndef MACE_API_C_BYTES_H_
#define MACE_API_C_BYTES_H_

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

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

/* Bytes that the library owns. */
typedef struct mace_byte_array mace_byte_array;
/* For a NULL array: NULL and 0. */
const void* mace_byte_array_data(const mace_byte_array* bytes);
size_t mace_byte_array_size(const mace_byte_array* bytes);
void mace_byte_array_free(mace_byte_array* bytes);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* MACE_API_C_BYTES_H_ */
