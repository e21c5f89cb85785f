/* How an app chooses where the lines of the log go, and which lines are written. Thread-safe. */
#ifndef MACE_API_C_LOG_SINK_H_
#define MACE_API_C_LOG_SINK_H_

#include <stdint.h>

#include "mace/api/c/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The severity of a line. */
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

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* MACE_API_C_LOG_SINK_H_ */
