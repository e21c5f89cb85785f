/* One inference at a time. Errors, ownership and threads are as mace/mace_c.h says. */
#ifndef MACE_API_C_REQUEST_H_
#define MACE_API_C_REQUEST_H_

#include <stddef.h>
#include <stdint.h>

#include "mace/api/c/statistics.h"
#include "mace/api/c/status.h"
#include "mace/api/c/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mace_request mace_request;

/* Cancels a run that is at work and waits for its end. */
void mace_request_free(mace_request* request);

/* These functions set the tensor of an input, or the tensor into which runs write an output. The
 * request shares the elements; the handle belongs to the caller and may be freed at once. `tensor`
 * may not be NULL for an input; for an output NULL means a new tensor for each run. A run writes
 * into the tensor of an output if its dtype and dims are those of the result. A tensor of
 * mace_tensor_allocate is only written after the caller has freed the handle. */
mace_status_code mace_request_set(mace_request* request, const char* name,
                                  const mace_tensor* tensor);
mace_status_code mace_request_set_at(mace_request* request, size_t index,
                                     const mace_tensor* tensor);
mace_status_code mace_request_set_output(mace_request* request, const char* name,
                                         const mace_tensor* tensor);
mace_status_code mace_request_set_output_at(mace_request* request, size_t index,
                                            const mace_tensor* tensor);

/* Binds an output to an input: the result of each run that succeeds becomes the tensor of the input
 * in the next run, in device memory where that is possible. mace_request_set gives the first value
 * of the state. mace_request_clear_states ends all such bindings; inputs keep the tensors that they
 * have. MACE_INVALID_ARGUMENT for an output that the input cannot take;
 * MACE_FAILED_PRECONDITION if mace_request_set_output gave a tensor for the output. */
mace_status_code mace_request_bind_state(mace_request* request, const char* output,
                                         const char* input);
mace_status_code mace_request_bind_state_at(mace_request* request, size_t output, size_t input);
mace_status_code mace_request_clear_states(mace_request* request);

/* Selects the outputs that the next runs give. A count of 0 selects all outputs, as in a new
 * request. Outputs that are not selected are not copied to the host, and nodes that no selected
 * output depends on are not computed. The first run with a new set of outputs may make a plan for
 * it. */
mace_status_code mace_request_select_outputs(mace_request* request, const char* const* names,
                                             size_t count);
mace_status_code mace_request_select_outputs_at(mace_request* request, const size_t* indices,
                                                size_t count);
/* Sets the events that the next run waits for before it begins on the device. Each is a cl_event of
 * the context that the model was compiled in, and is retained until that run ends. The run waits on
 * the host, so that mace_request_cancel and a deadline end the wait. If an event fails, the run is
 * MACE_FAILED_PRECONDITION. */
mace_status_code mace_request_set_wait_events(mace_request* request, void* const* events,
                                              size_t count);
/* Sets the event that the end of the next run signals: a cl_event that clCreateUserEvent made in
 * the context that the model was compiled in. Its status becomes negative if the run fails. NULL:
 * no event. */
mace_status_code mace_request_set_signal_event(mace_request* request, void* user_event);

/* Computes the outputs. MACE_FAILED_PRECONDITION if an input is not set. */
mace_status_code mace_request_run(mace_request* request);
/* mace_request_run with a time limit: MACE_DEADLINE_EXCEEDED after `limit_ms` milliseconds. */
mace_status_code mace_request_run_for(mace_request* request, int64_t limit_ms);

/* `message` is valid during the call; it is "" if `code` is MACE_OK. */
typedef void (*mace_done)(void* user, mace_status_code code, const char* message);
/* Runs on another thread, which calls `done` (may be NULL) before mace_request_wait returns. */
mace_status_code mace_request_start(mace_request* request, mace_done done, void* user);
/* Waits for the end of a run and gives its code. */
mace_status_code mace_request_wait(mace_request* request);
/* mace_request_wait with a time limit: MACE_DEADLINE_EXCEEDED if the run is still at work after
 * `limit_ms` milliseconds. The run then goes on. */
mace_status_code mace_request_wait_for(mace_request* request, int64_t limit_ms);
/* Makes a run that is at work end soon. Returns at once. NULL does nothing. */
void mace_request_cancel(mace_request* request);

/* Gives an output of the last run; MACE_FAILED_PRECONDITION if that run did not succeed or did not
 * give this output. The caller frees the handle. As long as the handle exists, later runs do not
 * change its elements, unless the elements are the caller's own memory. */
mace_status_code mace_request_get(const mace_request* request, const char* name,
                                  mace_tensor** tensor);
mace_status_code mace_request_get_at(const mace_request* request, size_t index,
                                     mace_tensor** tensor);

/* Measurements of the last run that succeeded. */
mace_status_code mace_request_statistics(const mace_request* request,
                                         mace_run_statistics* statistics);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* MACE_API_C_REQUEST_H_ */
