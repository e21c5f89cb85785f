#include "mace/cl/queue.h"

#include <vector>

#include "mace/cl/error.h"

namespace mace {
namespace {

constexpr size_t kOrigin[3] = {0, 0, 0};

cl_bool Flag(bool value) { return value ? CL_TRUE : CL_FALSE; }

}  // namespace

StatusOr<ClQueue> ClQueue::Create(std::shared_ptr<ClDevice> device, bool profiling) {
  if (device->caller_queue() != nullptr && !profiling) {
    MACE_RETURN_IF_ERROR(
        CheckCl("clRetainCommandQueue", clRetainCommandQueue(device->caller_queue())));
    ClQueueHandle shared(device->caller_queue());
    return ClQueue(std::move(device), std::move(shared));
  }
  const cl_command_queue_properties properties = profiling ? CL_QUEUE_PROFILING_ENABLE : 0;
  cl_int error = CL_SUCCESS;
  ClQueueHandle handle(clCreateCommandQueue(device->context(), device->id(), properties, &error));
  MACE_RETURN_IF_ERROR(CheckCl("clCreateCommandQueue", error, device->info().name));
  return ClQueue(std::move(device), std::move(handle));
}

Status ClQueue::Launch(const ClKernel& kernel, const WorkSize& global, const WorkSize& local,
                       ClEventHandle* event) {
  ClEventOut raw(event);
  return CheckCl("clEnqueueNDRangeKernel",
                 clEnqueueNDRangeKernel(handle_.get(), kernel.get(), 3, nullptr, global.data(),
                                        local.data(), 0, nullptr, raw.out()),
                 kernel.name());
}

Status ClQueue::Write(const ClMemory& memory, Bytes bytes, std::string_view what,
                      const Transfer& transfer) {
  if (bytes.empty()) return Status();
  ClEventOut raw(transfer.event);
  return CheckCl("clEnqueueWriteBuffer",
                 clEnqueueWriteBuffer(handle_.get(), memory.get(), Flag(transfer.wait), 0,
                                      bytes.size(), bytes.data(), 0, nullptr, raw.out()),
                 what);
}

Status ClQueue::Read(const ClMemory& memory, MutableBytes bytes, std::string_view what,
                     const Transfer& transfer) {
  if (bytes.empty()) return Status();
  ClEventOut raw(transfer.event);
  return CheckCl("clEnqueueReadBuffer",
                 clEnqueueReadBuffer(handle_.get(), memory.get(), Flag(transfer.wait), 0,
                                     bytes.size(), bytes.data(), 0, nullptr, raw.out()),
                 what);
}

Status ClQueue::CopyFrom(const ClBufferPart& part, const ClMemory& memory, std::string_view what,
                         ClEventHandle* event) {
  if (part.bytes() == 0) return Status();
  ClEventOut raw(event);
  return CheckCl("clEnqueueCopyBuffer",
                 clEnqueueCopyBuffer(handle_.get(), part.get(), memory.get(), part.offset(), 0,
                                     part.bytes(), 0, nullptr, raw.out()),
                 what);
}

Status ClQueue::CopyTo(const ClBufferPart& part, const ClMemory& memory, std::string_view what,
                       ClEventHandle* event) {
  if (part.bytes() == 0) return Status();
  ClEventOut raw(event);
  return CheckCl("clEnqueueCopyBuffer",
                 clEnqueueCopyBuffer(handle_.get(), memory.get(), part.get(), 0, part.offset(),
                                     part.bytes(), 0, nullptr, raw.out()),
                 what);
}

Status ClQueue::Write(const ClBufferPart& part, Bytes bytes, std::string_view what) {
  if (part.bytes() == 0) return Status();
  return CheckCl("clEnqueueWriteBuffer",
                 clEnqueueWriteBuffer(handle_.get(), part.get(), CL_TRUE, part.offset(),
                                      part.bytes(), bytes.data(), 0, nullptr, nullptr),
                 what);
}

Status ClQueue::Read(const ClBufferPart& part, MutableBytes bytes, std::string_view what) {
  if (part.bytes() == 0) return Status();
  return CheckCl("clEnqueueReadBuffer",
                 clEnqueueReadBuffer(handle_.get(), part.get(), CL_TRUE, part.offset(),
                                     part.bytes(), bytes.data(), 0, nullptr, nullptr),
                 what);
}

Status ClQueue::WriteImage(const ClMemory& image, Bytes texels, std::string_view what) {
  if (texels.size() != image.bytes()) return Internal("image write of another size");
  const size_t region[3] = {image.image_width(), image.image_height(), 1};
  return CheckCl("clEnqueueWriteImage",
                 clEnqueueWriteImage(handle_.get(), image.get(), CL_TRUE, kOrigin, region, 0, 0,
                                     texels.data(), 0, nullptr, nullptr),
                 what);
}

Status ClQueue::ReadImage(const ClMemory& image, MutableBytes texels, std::string_view what) {
  if (texels.size() != image.bytes()) return Internal("image read of another size");
  const size_t region[3] = {image.image_width(), image.image_height(), 1};
  return CheckCl("clEnqueueReadImage",
                 clEnqueueReadImage(handle_.get(), image.get(), CL_TRUE, kOrigin, region, 0, 0,
                                    texels.data(), 0, nullptr, nullptr),
                 what);
}

Status ClQueue::FillZero(const ClMemory& memory, std::string_view what) {
  if (memory.is_image()) {
    const float color[4] = {0, 0, 0, 0};
    const size_t region[3] = {memory.image_width(), memory.image_height(), 1};
    return CheckCl("clEnqueueFillImage",
                   clEnqueueFillImage(handle_.get(), memory.get(), color, kOrigin, region, 0,
                                      nullptr, nullptr),
                   what);
  }
  const uint8_t zero = 0;
  return CheckCl("clEnqueueFillBuffer",
                 clEnqueueFillBuffer(handle_.get(), memory.get(), &zero, sizeof(zero), 0,
                                     memory.bytes(), 0, nullptr, nullptr),
                 what);
}

StatusOr<MutableBytes> ClQueue::Map(const ClMemory& memory, size_t bytes, bool write,
                                    std::string_view what) {
  const cl_map_flags flags = write ? CL_MAP_WRITE_INVALIDATE_REGION : CL_MAP_READ;
  cl_int error = CL_SUCCESS;
  void* mapped = clEnqueueMapBuffer(handle_.get(), memory.get(), CL_TRUE, flags, 0, bytes, 0,
                                    nullptr, nullptr, &error);
  MACE_RETURN_IF_ERROR(CheckCl("clEnqueueMapBuffer", error, what));
  return MutableBytes(static_cast<uint8_t*>(mapped), bytes);
}

Status ClQueue::Unmap(const ClMemory& memory, MutableBytes mapped, std::string_view what) {
  return CheckCl(
      "clEnqueueUnmapMemObject",
      clEnqueueUnmapMemObject(handle_.get(), memory.get(), mapped.data(), 0, nullptr, nullptr),
      what);
}

Status ClQueue::Flush() { return CheckCl("clFlush", clFlush(handle_.get())); }

Status ClQueue::Finish() {
  const cl_int error = clFinish(handle_.get());
  const Status status = CheckCl("clFinish", error);
  // The queue is held here, and so the driver has given it up: NVIDIA's does so after a fault.
  if (error != CL_INVALID_COMMAND_QUEUE) return status;
  return DeviceLost(status.message() + ": the driver has given up the queue");
}

StatusOr<KernelTimes> TimesOf(const ClEventHandle& event) {
  KernelTimes times;
  const struct {
    cl_profiling_info what;
    uint64_t* into;
  } wanted[] = {{CL_PROFILING_COMMAND_QUEUED, &times.queued},
                {CL_PROFILING_COMMAND_START, &times.start},
                {CL_PROFILING_COMMAND_END, &times.end}};
  for (const auto& one : wanted) {
    cl_ulong value = 0;
    MACE_RETURN_IF_ERROR(
        CheckCl("clGetEventProfilingInfo",
                clGetEventProfilingInfo(event.get(), one.what, sizeof(value), &value, nullptr)));
    *one.into = value;
  }
  return times;
}

}  // namespace mace
