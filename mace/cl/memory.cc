#include "mace/cl/memory.h"

#include <algorithm>

#include "mace/cl/error.h"

namespace mace {
namespace {

std::string Describe(const std::string& name, size_t bytes) {
  return name + ", " + std::to_string(bytes) + " bytes";
}

Status CheckLimit(const ClDevice& device, size_t bytes, const std::string& name) {
  const uint64_t limit = device.info().max_allocation_bytes;
  if (limit == 0 || bytes <= limit) return Status();
  return DeviceError("buffer: " + Describe(name, bytes) + ": the device allows " +
                     std::to_string(limit));
}

}  // namespace

StatusOr<ClMemory> ClMemory::CreateBuffer(const ClDevice& device, size_t bytes,
                                          const std::string& name) {
  bytes = std::max<size_t>(bytes, 1);
  MACE_RETURN_IF_ERROR(CheckLimit(device, bytes, name));
  cl_mem_flags flags = CL_MEM_READ_WRITE;
  if (device.info().host_unified_memory) flags |= CL_MEM_ALLOC_HOST_PTR;
  cl_int error = CL_SUCCESS;
  ClMemory memory(clCreateBuffer(device.context(), flags, bytes, nullptr, &error), bytes);
  MACE_RETURN_IF_ERROR(CheckCl("clCreateBuffer", error, Describe(name, bytes)));
  return memory;
}

StatusOr<ClMemory> ClMemory::CreateOverHost(const ClDevice& device, MutableBytes memory,
                                            const std::string& name) {
  MACE_RETURN_IF_ERROR(CheckLimit(device, memory.size(), name));
  cl_int error = CL_SUCCESS;
  ClMemory over(clCreateBuffer(device.context(), CL_MEM_READ_WRITE | CL_MEM_USE_HOST_PTR,
                               memory.size(), memory.data(), &error),
                memory.size());
  MACE_RETURN_IF_ERROR(CheckCl("clCreateBuffer", error, Describe(name, memory.size())));
  return over;
}

StatusOr<ClMemory> ClMemory::CreateSubBuffer(const ClMemory& parent, size_t offset, size_t bytes,
                                             const std::string& name) {
  bytes = std::max<size_t>(bytes, 1);
  if (offset > parent.bytes() || bytes > parent.bytes() - offset) {
    return Internal("sub-buffer: " + Describe(name, bytes) + " at " + std::to_string(offset) +
                    ": its parent has " + std::to_string(parent.bytes()));
  }
  const cl_buffer_region region = {offset, bytes};
  cl_int error = CL_SUCCESS;
  ClMemory memory(clCreateSubBuffer(parent.get(), CL_MEM_READ_WRITE, CL_BUFFER_CREATE_TYPE_REGION,
                                    &region, &error),
                  bytes);
  MACE_RETURN_IF_ERROR(CheckCl("clCreateSubBuffer", error, Describe(name, bytes)));
  return memory;
}

StatusOr<ClMemory> ClMemory::MakeImage(const ClDevice& device, const ImageLayout& layout,
                                       cl_mem buffer, const std::string& name) {
  const std::string what =
      name + ", " + std::to_string(layout.width) + "x" + std::to_string(layout.height);
  const DeviceInfo& info = device.info();
  if (layout.width == 0 || layout.height == 0 || layout.width > info.image2d_max_width ||
      layout.height > info.image2d_max_height) {
    return DeviceError("image: " + what + ": the device allows " +
                       std::to_string(info.image2d_max_width) + "x" +
                       std::to_string(info.image2d_max_height));
  }
  const bool half = layout.precision == Precision::kFloat16;
  const cl_image_format format = {CL_RGBA,
                                  static_cast<cl_channel_type>(half ? CL_HALF_FLOAT : CL_FLOAT)};
  cl_image_desc description = {};
  description.image_type = CL_MEM_OBJECT_IMAGE2D;
  description.image_width = layout.width;
  description.image_height = layout.height;
  description.image_row_pitch = layout.pitch_bytes;
  description.buffer = buffer;
  cl_int error = CL_SUCCESS;
  ClMemory memory(
      clCreateImage(device.context(), CL_MEM_READ_WRITE, &format, &description, nullptr, &error),
      layout.width * layout.height * (half ? 8 : 16));
  MACE_RETURN_IF_ERROR(CheckCl("clCreateImage", error, what));
  memory.image_width_ = layout.width;
  memory.image_height_ = layout.height;
  return memory;
}

StatusOr<ClMemory> ClMemory::CreateImage(const ClDevice& device, size_t width, size_t height,
                                         Precision precision, const std::string& name) {
  return MakeImage(device, {width, height, 0, precision}, nullptr, name);
}

StatusOr<ClMemory> ClMemory::CreateImageOver(const ClDevice& device, const ClMemory& buffer,
                                             const ImageLayout& layout, const std::string& name) {
  const size_t bytes = layout.pitch_bytes * layout.height;
  if (bytes > buffer.bytes()) {
    return Internal("image: " + Describe(name, bytes) + ": its buffer has " +
                    std::to_string(buffer.bytes()));
  }
  return MakeImage(device, layout, buffer.get(), name);
}

}  // namespace mace
