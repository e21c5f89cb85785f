// OpenCL objects of an app's own: buffers that hold inputs and outputs, and events around a run.
//
// The handles come as opaque pointers. What is held here is retained, so that the app may release
// its own reference at once. Errors: kInvalidArgument for what is no such object, or one of another
// context; the message says what was expected and what was found. Thread contract: thread-safe but
// for assignment.
#ifndef MACE_CL_CALLER_OBJECTS_H_
#define MACE_CL_CALLER_OBJECTS_H_

#include <CL/cl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "mace/base/status.h"
#include "mace/cl/device.h"
#include "mace/cl/handle.h"

namespace mace {

// Bytes of an app's buffer; a default-made one is none. Copies share the reference.
class ClBufferPart {
 public:
  ClBufferPart() = default;
  // `buffer`: a cl_mem that is a buffer and has `bytes` from `offset` on.
  static StatusOr<ClBufferPart> Retain(void* buffer, uint64_t offset, size_t bytes);

  bool empty() const { return memory_ == nullptr; }
  cl_mem get() const { return memory_ == nullptr ? nullptr : memory_->get(); }
  size_t offset() const { return offset_; }
  size_t bytes() const { return bytes_; }
  // `bytes` of it, `offset` further on. REQUIRES: they lie within.
  ClBufferPart Slice(size_t offset, size_t bytes) const;
  // Whether the buffer is one of the device's context.
  Status CheckContext(const ClDevice& device) const;

 private:
  std::shared_ptr<const ClMemHandle> memory_;
  size_t offset_ = 0;
  size_t bytes_ = 0;
};

// An app's cl_event, of the device's context.
StatusOr<ClEventHandle> RetainEvent(void* event, const ClDevice& device);
// Retains a user event of an app: one that clCreateUserEvent made and whose status nobody has set.
StatusOr<ClEventHandle> RetainUserEvent(void* event, const ClDevice& device);
// Sets the status of a user event: complete, or failed.
Status Signal(const ClEventHandle& event, bool succeeded);

}  // namespace mace

#endif  // MACE_CL_CALLER_OBJECTS_H_
