#include "mace/cl/event_wait.h"

#include <CL/cl.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "mace/base/cancellation.h"
#include "mace/cl/error.h"

namespace mace {
namespace {

// Whether an event has ended. The driver's thread sets it, possibly after the wait was given up.
struct EventEnd {
  std::mutex mutex;
  std::condition_variable changed;
  bool has_ended = false;
};

void CL_CALLBACK NoteEnd(cl_event, cl_int, void* user_data) {
  const std::unique_ptr<std::shared_ptr<EventEnd>> end(
      static_cast<std::shared_ptr<EventEnd>*>(user_data));
  {
    std::lock_guard<std::mutex> lock((*end)->mutex);
    (*end)->has_ended = true;
  }
  (*end)->changed.notify_all();
}

StatusOr<cl_int> StatusOf(cl_event event) {
  cl_int status = CL_QUEUED;
  MACE_RETURN_IF_ERROR(CheckCl(
      "clGetEventInfo",
      clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof(status), &status, nullptr)));
  return status;
}

// Waits until the event is complete or has failed, and gives its status.
StatusOr<cl_int> WaitForEnd(cl_event event) {
  MACE_ASSIGN_OR_RETURN(cl_int status, StatusOf(event));
  if (status <= CL_COMPLETE) return status;
  auto end = std::make_shared<EventEnd>();
  auto held = std::make_unique<std::shared_ptr<EventEnd>>(end);
  MACE_RETURN_IF_ERROR(
      CheckCl("clSetEventCallback", clSetEventCallback(event, CL_COMPLETE, &NoteEnd, held.get())));
  static_cast<void>(held.release());  // The callback deletes it.
  // The loop asks for the status and does not rely on the callback, because PoCL does not call it
  // when an event fails.
  while (status > CL_COMPLETE) {
    MACE_RETURN_IF_ERROR(CheckCancelled());
    {
      std::unique_lock<std::mutex> lock(end->mutex);
      end->changed.wait_for(lock, std::chrono::milliseconds(1), [&] { return end->has_ended; });
    }
    MACE_ASSIGN_OR_RETURN(status, StatusOf(event));
  }
  return status;
}

}  // namespace

Status WaitForEvents(Span<const ClEventHandle> events) {
  for (size_t i = 0; i < events.size(); ++i) {
    MACE_ASSIGN_OR_RETURN(const cl_int status, WaitForEnd(events[i].get()));
    if (status >= CL_COMPLETE) continue;
    return FailedPrecondition("wait event " + std::to_string(i) +
                              ": expected one that completes, found one that failed with status " +
                              std::to_string(status));
  }
  return Status();
}

}  // namespace mace
