// Device memory: buffers, parts of buffers, and images.
//
// Ownership: released by the destructor; a part keeps its parent alive (the driver counts).
// Errors: kDeviceError names the call, the error and the memory. Thread contract:
// thread-compatible.
#ifndef MACE_CL_MEMORY_H_
#define MACE_CL_MEMORY_H_

#include <CL/cl.h>

#include <cstddef>
#include <string>

#include "mace/base/span.h"
#include "mace/base/status.h"
#include "mace/cl/device.h"
#include "mace/cl/handle.h"
#include "mace/kernel/layout.h"

namespace mace {

// An image over a buffer.
struct ImageLayout {
  size_t width = 0;  // Texels.
  size_t height = 0;
  size_t pitch_bytes = 0;
  Precision precision = Precision::kFloat32;
};

class ClMemory {
 public:
  ClMemory() = default;

  // At least one byte is allocated. Where host and device share memory the driver is asked for
  // memory that maps without a copy. `name` is for messages.
  static StatusOr<ClMemory> CreateBuffer(const ClDevice& device, size_t bytes,
                                         const std::string& name);
  // Over memory of the host, as it is at this moment, and without a copy on devices that are the
  // host. The caller keeps `memory` until the last command that uses the buffer has finished.
  // REQUIRES: memory is not empty, and aligned to DeviceInfo::memory_base_address_align_bytes.
  static StatusOr<ClMemory> CreateOverHost(const ClDevice& device, MutableBytes memory,
                                           const std::string& name);
  // REQUIRES: offset is a multiple of DeviceInfo::memory_base_address_align_bytes.
  static StatusOr<ClMemory> CreateSubBuffer(const ClMemory& parent, size_t offset, size_t bytes,
                                            const std::string& name);
  // CL_RGBA of float or half.
  static StatusOr<ClMemory> CreateImage(const ClDevice& device, size_t width, size_t height,
                                        Precision precision, const std::string& name);
  // An image over a buffer or a part of one, from its first byte on, with rows `pitch` bytes apart.
  // REQUIRES: the device's image_pitch_alignment divides the pitch, and is not 0.
  static StatusOr<ClMemory> CreateImageOver(const ClDevice& device, const ClMemory& buffer,
                                            const ImageLayout& layout, const std::string& name);

  cl_mem get() const { return handle_.get(); }
  // The bytes of the buffer; for an image, those of its texels.
  size_t bytes() const { return bytes_; }
  size_t image_width() const { return image_width_; }
  size_t image_height() const { return image_height_; }
  bool is_image() const { return image_width_ != 0; }

 private:
  ClMemory(cl_mem memory, size_t bytes) : handle_(memory), bytes_(bytes) {}
  // An image with memory of its own where `buffer` is null, else one over the buffer.
  static StatusOr<ClMemory> MakeImage(const ClDevice& device, const ImageLayout& layout,
                                      cl_mem buffer, const std::string& name);

  ClMemHandle handle_;
  size_t bytes_ = 0;
  size_t image_width_ = 0;
  size_t image_height_ = 0;
};

}  // namespace mace

#endif  // MACE_CL_MEMORY_H_
