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
 * Enumerations that callers pass are integers of a fixed size. A value that is not listed is
 * MACE_INVALID_ARGUMENT.
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
 *
 * Tests compare the library with mace/exported_symbols.txt and mace/c_struct_layout.txt.
 */
#ifndef MACE_MACE_C_H_
#define MACE_MACE_C_H_

#include "mace/api/c/bytes.h"           /* IWYU pragma: export */
#include "mace/api/c/compile_options.h" /* IWYU pragma: export */
#include "mace/api/c/compiled_model.h"  /* IWYU pragma: export */
#include "mace/api/c/data_type.h"       /* IWYU pragma: export */
#include "mace/api/c/devices.h"         /* IWYU pragma: export */
#include "mace/api/c/file_range.h"      /* IWYU pragma: export */
#include "mace/api/c/log_sink.h"        /* IWYU pragma: export */
#include "mace/api/c/model.h"           /* IWYU pragma: export */
#include "mace/api/c/request.h"         /* IWYU pragma: export */
#include "mace/api/c/statistics.h"      /* IWYU pragma: export */
#include "mace/api/c/status.h"          /* IWYU pragma: export */
#include "mace/api/c/tensor.h"          /* IWYU pragma: export */
#include "mace/api/c/version.h"         /* IWYU pragma: export */

#endif /* MACE_MACE_C_H_ */
