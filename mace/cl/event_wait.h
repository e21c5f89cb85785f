// Waiting on the host for events of an app, which may fail or never be set.
#ifndef MACE_CL_EVENT_WAIT_H_
#define MACE_CL_EVENT_WAIT_H_

#include "mace/base/span.h"
#include "mace/base/status.h"
#include "mace/cl/handle.h"

namespace mace {

// Returns when every event is complete. The wait is on the host and not in a queue, because a queue
// that waits for an event which has failed or is never set waits forever, and OpenCL has no call
// that ends such a wait.
//
// Errors: kFailedPrecondition, with the index and the status of the event, if an event has failed;
// kCancelled or kDeadlineExceeded if the thread's work is cancelled (mace/base/cancellation.h),
// which is checked every millisecond; kDeviceError if an OpenCL call fails.
// Thread contract: thread-safe.
Status WaitForEvents(Span<const ClEventHandle> events);

}  // namespace mace

#endif  // MACE_CL_EVENT_WAIT_H_
