// The facts about a device that an op's variants may use: plain numbers and flags, which cl/ reads
// once when the device is opened.
#ifndef MACE_KERNEL_DEVICE_INFO_H_
#define MACE_KERNEL_DEVICE_INFO_H_

#include <cstddef>
#include <cstdint>

#include "mace/base/device_identity.h"

namespace mace {

enum class DeviceKind { kGpu, kCpu, kAccelerator };
enum class DeviceVendor { kOther, kNvidia, kAmd, kIntel, kArm, kQualcomm, kPocl };

// How a device adds the products of four bytes and four signed bytes to an int32.
//   kNone     no faster than it multiplies floats
//   kPlain    as kNone, but kernels for it are offered: for tests of them on any device
//   kVnni     AVX-512 VNNI, of processors of the host
//   kNvidia   dp4a
// cl_khr_integer_dot_product is not among them: Intel's CPU runtime calls it accelerated, but its
// best of three forms computes a fifteenth of the operations that floats do (docs/performance.md).
enum class ByteProducts : uint8_t { kNone, kPlain, kVnni, kNvidia };

struct DeviceInfo : DeviceIdentity {
  DeviceKind kind = DeviceKind::kGpu;
  DeviceVendor vendor = DeviceVendor::kOther;
  uint32_t compute_units = 1;
  uint32_t clock_mhz = 0;
  uint64_t global_memory_bytes = 0;
  uint64_t max_allocation_bytes = 0;
  uint64_t local_memory_bytes = 0;
  size_t max_work_group_size = 1;
  size_t max_work_item_sizes[3] = {1, 1, 1};
  uint32_t preferred_float_width = 1;
  uint32_t memory_base_address_align_bytes = 128;
  bool images = false;
  size_t image2d_max_width = 0;
  size_t image2d_max_height = 0;
  // Images over buffers (cl_khr_image2d_from_buffer): their rows lie at multiples of this many
  // texels, their first texel at one of `image_base_alignment` texels. 0: the device has none.
  uint32_t image_pitch_alignment = 0;
  uint32_t image_base_alignment = 0;
  bool fp16_arithmetic = false;  // cl_khr_fp16
  bool half_images = true;       // CL_RGBA/CL_HALF_FLOAT read and write
  bool host_unified_memory = false;
  ByteProducts byte_products = ByteProducts::kNone;
  bool local_memory_is_emulated = false;  // CL_GLOBAL: no gain from __local.
  uint64_t cache_bytes = 0;               // The cache before global memory; 0: unknown.
  // The roofline limits that were measured on the device (tune/roofline_limits.h), for estimates;
  // 0: not measured.
  double measured_gflops = 0;  // Float32; multiply and add count as two.
  double measured_gbytes_per_second = 0;

  // Whether the driver runs on the host's own processor and memory, so that its buffers can be
  // memory of this process.
  bool is_host() const { return kind == DeviceKind::kCpu && host_unified_memory; }
  uint32_t compute_capability = 0;  // NVIDIA: 10 * major + minor; elsewhere 0.
};

// Tensor cores that multiply TF32 and halves, and asynchronous copies from global to local memory:
// devices have both from compute capability 8.0 on.
inline bool HasTensorCores(const DeviceInfo& device) {
  return device.vendor == DeviceVendor::kNvidia && device.compute_capability >= 80;
}

}  // namespace mace

#endif  // MACE_KERNEL_DEVICE_INFO_H_
