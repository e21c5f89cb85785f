/* The codes of errors, and the message of the last one. Thread-safe. */
#ifndef MACE_API_C_STATUS_H_
#define MACE_API_C_STATUS_H_

#ifdef __cplusplus
extern "C" {
#endif

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

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* MACE_API_C_STATUS_H_ */
