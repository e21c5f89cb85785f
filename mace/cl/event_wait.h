// Waiting on the host for events of an app, which may fail or never be set.
#ifndef MACE_CL_EVENT_WAIT_H_
#define MACE_CL_EVENT_WAIT_H_

#include "mace/base/span.h"
#include "mace/base/status.h"
#include "mace/cl/handle.h"

namespace mace {

// Returns when every event is complete. The wait is on the host and not in a queue: drivers wait
// for ever, without a way to end the wait, in a queue whose event has failed or is never set.
//
// Errors: kFailedPrecondition for an event that has failed, with its index and its status, and
// kCancelled or kDeadlineExceeded of the thread's cancellation (mace/base/cancellation.h), which is
// looked at every millisecond. Thread contract: thread-safe.
Status WaitForEvents(Span<const ClEventHandle> events);

}  // namespace mace

#endif  // MACE_CL_EVENT_WAIT_H_
