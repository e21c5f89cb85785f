#include "mace/cl/caller_objects.h"

#include <string>
#include <utility>

#include "mace/cl/error.h"
#include "mace/cl/opencl_process.h"

namespace mace {
namespace {

// What the call says of an object; kInvalidArgument where it is no such object.
template <typename T, typename Object>
StatusOr<T> Ask(cl_int (*call)(Object, cl_uint, size_t, void*, size_t*), Object object,
                cl_uint what, const char* who) {
  T value = {};
  const cl_int error = call(object, what, sizeof(value), &value, nullptr);
  if (error == CL_SUCCESS) return value;
  return InvalidArgument(std::string(who) + ": expected a valid handle, found one of which the " +
                         "driver says " + ClErrorName(error));
}

Status CheckSameContext(cl_context found, const ClDevice& device, const char* who) {
  if (found == device.context()) return Status();
  return InvalidArgument(std::string(who) +
                         ": expected one of the context that the model was compiled in "
                         "(CompileOptions::opencl), found one of another context");
}

}  // namespace

StatusOr<ClBufferPart> ClBufferPart::Retain(void* buffer, uint64_t offset, size_t bytes) {
  constexpr char kWho[] = "OpenCL buffer";
  MACE_RETURN_IF_ERROR(CheckOpenClProcess());
  const auto memory = static_cast<cl_mem>(buffer);
  if (memory == nullptr) return InvalidArgument("OpenCL buffer: expected a cl_mem, found null");
  NoteOpenClUse();
  MACE_ASSIGN_OR_RETURN(const auto type,
                        (Ask<cl_mem_object_type>(clGetMemObjectInfo, memory, CL_MEM_TYPE, kWho)));
  if (type != CL_MEM_OBJECT_BUFFER) {
    return InvalidArgument("OpenCL buffer: expected a buffer, found an image or a pipe");
  }
  MACE_ASSIGN_OR_RETURN(const auto size,
                        (Ask<size_t>(clGetMemObjectInfo, memory, CL_MEM_SIZE, kWho)));
  if (offset > size || bytes > size - offset) {
    return InvalidArgument("OpenCL buffer: expected " + std::to_string(bytes) +
                           " bytes at offset " + std::to_string(offset) + ", found a buffer of " +
                           std::to_string(size) + " bytes");
  }
  ClBufferPart part;
  // Room for the reference first: a failure leaves none behind.
  auto handle = std::make_shared<ClMemHandle>();
  MACE_RETURN_IF_ERROR(CheckCl("clRetainMemObject", clRetainMemObject(memory)));
  *handle = ClMemHandle(memory);
  part.memory_ = std::move(handle);
  part.offset_ = static_cast<size_t>(offset);
  part.bytes_ = bytes;
  return part;
}

ClBufferPart ClBufferPart::Slice(size_t offset, size_t bytes) const {
  ClBufferPart part = *this;
  part.offset_ += offset;
  part.bytes_ = bytes;
  return part;
}

Status ClBufferPart::CheckContext(const ClDevice& device) const {
  MACE_ASSIGN_OR_RETURN(const auto context, (Ask<cl_context>(clGetMemObjectInfo, get(),
                                                             CL_MEM_CONTEXT, "OpenCL buffer")));
  return CheckSameContext(context, device, "OpenCL buffer");
}

StatusOr<ClEventHandle> RetainEvent(void* event, const ClDevice& device) {
  const auto raw = static_cast<cl_event>(event);
  if (raw == nullptr) return InvalidArgument("OpenCL event: expected a cl_event, found null");
  MACE_ASSIGN_OR_RETURN(const auto context,
                        (Ask<cl_context>(clGetEventInfo, raw, CL_EVENT_CONTEXT, "OpenCL event")));
  MACE_RETURN_IF_ERROR(CheckSameContext(context, device, "OpenCL event"));
  MACE_RETURN_IF_ERROR(CheckCl("clRetainEvent", clRetainEvent(raw)));
  return ClEventHandle(raw);
}

StatusOr<ClEventHandle> RetainUserEvent(void* event, const ClDevice& device) {
  MACE_ASSIGN_OR_RETURN(ClEventHandle handle, RetainEvent(event, device));
  MACE_ASSIGN_OR_RETURN(const auto type,
                        (Ask<cl_command_type>(clGetEventInfo, handle.get(), CL_EVENT_COMMAND_TYPE,
                                              "OpenCL event to signal")));
  MACE_ASSIGN_OR_RETURN(const auto status,
                        (Ask<cl_int>(clGetEventInfo, handle.get(),
                                     CL_EVENT_COMMAND_EXECUTION_STATUS, "OpenCL event to signal")));
  if (type != CL_COMMAND_USER) {
    return InvalidArgument(
        "OpenCL event to signal: expected one of clCreateUserEvent, found one of a command");
  }
  if (status <= CL_COMPLETE) {
    return InvalidArgument(
        "OpenCL event to signal: expected one whose status nobody has set, found one that is done");
  }
  return handle;
}

Status Signal(const ClEventHandle& event, bool succeeded) {
  // A negative status is a failure, which ends the commands that wait for the event.
  constexpr cl_int kFailed = -1;
  return CheckCl("clSetUserEventStatus",
                 clSetUserEventStatus(event.get(), succeeded ? CL_COMPLETE : kFailed));
}

}  // namespace mace
