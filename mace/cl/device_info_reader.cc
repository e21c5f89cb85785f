#include "mace/cl/device_info_reader.h"

#include <algorithm>
#include <string>

#include "mace/base/strings.h"
#include "mace/cl/device_queries.h"

namespace mace {
namespace {

DeviceVendor VendorOf(const DeviceInfo& info) {
  if (Contains(info.platform_name, kPoclPlatform)) return DeviceVendor::kPocl;
  const std::string vendor = LowerCase(info.vendor_name + " " + info.name);
  if (Contains(vendor, "nvidia")) return DeviceVendor::kNvidia;
  if (Contains(vendor, "advanced micro devices") || Contains(vendor, "amd")) {
    return DeviceVendor::kAmd;
  }
  if (Contains(vendor, "intel")) return DeviceVendor::kIntel;
  if (Contains(vendor, "qualcomm") || Contains(vendor, "adreno")) return DeviceVendor::kQualcomm;
  if (Contains(vendor, "mali") || vendor.rfind("arm", 0) == 0) return DeviceVendor::kArm;
  return DeviceVendor::kOther;
}

DeviceKind KindOf(DeviceQueries* queries) {
  const auto type = queries->DeviceNumber<cl_device_type>(CL_DEVICE_TYPE, CL_DEVICE_TYPE_CPU);
  if ((type & CL_DEVICE_TYPE_GPU) != 0) return DeviceKind::kGpu;
  if ((type & CL_DEVICE_TYPE_ACCELERATOR) != 0) return DeviceKind::kAccelerator;
  return DeviceKind::kCpu;
}

void ReadLimits(DeviceQueries* queries, DeviceInfo* info) {
  info->compute_units = queries->DeviceNumber<cl_uint>(CL_DEVICE_MAX_COMPUTE_UNITS, 1);
  info->clock_mhz = queries->DeviceNumber<cl_uint>(CL_DEVICE_MAX_CLOCK_FREQUENCY, 0);
  info->global_memory_bytes = queries->DeviceNumber<cl_ulong>(CL_DEVICE_GLOBAL_MEM_SIZE, 0);
  info->max_allocation_bytes = queries->DeviceNumber<cl_ulong>(CL_DEVICE_MAX_MEM_ALLOC_SIZE, 0);
  info->local_memory_bytes = queries->DeviceNumber<cl_ulong>(CL_DEVICE_LOCAL_MEM_SIZE, 0);
  info->cache_bytes = queries->DeviceNumber<cl_ulong>(CL_DEVICE_GLOBAL_MEM_CACHE_SIZE, 0);
  info->max_work_group_size = queries->DeviceNumber<size_t>(CL_DEVICE_MAX_WORK_GROUP_SIZE, 1);
  size_t sizes[16] = {};
  const auto axes = queries->DeviceNumber<cl_uint>(CL_DEVICE_MAX_WORK_ITEM_DIMENSIONS, 3);
  const size_t bytes = std::min<size_t>(axes, 16) * sizeof(size_t);
  if (queries->DeviceBytes(CL_DEVICE_MAX_WORK_ITEM_SIZES, bytes, sizes)) {
    for (int i = 0; i < 3; ++i) {
      info->max_work_item_sizes[i] = std::max<size_t>(sizes[i], 1);
    }
  }
  info->preferred_float_width =
      std::max(1u, queries->DeviceNumber<cl_uint>(CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT, 1));
  // The driver counts in bits.
  info->memory_base_address_align_bytes =
      std::max(1u, queries->DeviceNumber<cl_uint>(CL_DEVICE_MEM_BASE_ADDR_ALIGN, 1024) / 8);
  info->local_memory_is_emulated = queries->DeviceNumber<cl_device_local_mem_type>(
                                       CL_DEVICE_LOCAL_MEM_TYPE, CL_LOCAL) != CL_LOCAL;
}

// PoCL compiles for the processor that it runs on, and names its vectors if not all they can do.
bool HasVnni(const DeviceInfo& info) {
#if defined(__x86_64__) && defined(__GNUC__)
  return info.vendor == DeviceVendor::kPocl && info.is_host() && info.preferred_float_width >= 16 &&
         __builtin_cpu_supports("avx512vnni") != 0;
#else
  (void)info;
  return false;
#endif
}

ByteProducts ByteProductsOf(const DeviceInfo& info) {
  constexpr uint32_t kFirstWithDp4a = 61;
  if (HasVnni(info)) return ByteProducts::kVnni;
  if (info.vendor == DeviceVendor::kNvidia && info.compute_capability >= kFirstWithDp4a) {
    return ByteProducts::kNvidia;
  }
  return ByteProducts::kNone;
}

}  // namespace

StatusOr<DeviceInfo> ReadDeviceInfo(cl_platform_id platform, cl_device_id device) {
  DeviceQueries queries(platform, device);
  DeviceInfo info;
  info.name = queries.DeviceText(CL_DEVICE_NAME);
  info.vendor_name = queries.DeviceText(CL_DEVICE_VENDOR);
  info.device_version = queries.DeviceText(CL_DEVICE_VERSION);
  info.driver_version = queries.DeviceText(CL_DRIVER_VERSION);
  info.platform_name = queries.PlatformText(CL_PLATFORM_NAME);
  info.platform_version = queries.PlatformText(CL_PLATFORM_VERSION);
  info.kind = KindOf(&queries);
  info.vendor = VendorOf(info);
  ReadLimits(&queries, &info);
  info.images = queries.DeviceNumber<cl_bool>(CL_DEVICE_IMAGE_SUPPORT, CL_FALSE) == CL_TRUE;
  if (info.images) {
    info.image2d_max_width = queries.DeviceNumber<size_t>(CL_DEVICE_IMAGE2D_MAX_WIDTH, 0);
    info.image2d_max_height = queries.DeviceNumber<size_t>(CL_DEVICE_IMAGE2D_MAX_HEIGHT, 0);
  }
  const std::string extensions = " " + queries.DeviceText(CL_DEVICE_EXTENSIONS) + " ";
  if (info.images && Contains(extensions, " cl_khr_image2d_from_buffer ")) {
    info.image_pitch_alignment = queries.DeviceNumber<cl_uint>(CL_DEVICE_IMAGE_PITCH_ALIGNMENT, 0);
    info.image_base_alignment =
        queries.DeviceNumber<cl_uint>(CL_DEVICE_IMAGE_BASE_ADDRESS_ALIGNMENT, 0);
  }
  info.fp16_arithmetic = Contains(extensions, " cl_khr_fp16 ");
  if (Contains(extensions, " cl_nv_device_attribute_query ")) {
    // CL_DEVICE_COMPUTE_CAPABILITY_MAJOR_NV and _MINOR_NV of that extension, not in every header.
    constexpr cl_device_info kMajor = 0x4000, kMinor = 0x4001;
    info.compute_capability =
        10 * queries.DeviceNumber<cl_uint>(kMajor, 0) + queries.DeviceNumber<cl_uint>(kMinor, 0);
  }
  info.host_unified_memory =
      queries.DeviceNumber<cl_bool>(CL_DEVICE_HOST_UNIFIED_MEMORY, CL_FALSE) == CL_TRUE;
  info.byte_products = ByteProductsOf(info);
  MACE_RETURN_IF_ERROR(queries.status());
  return info;
}

StatusOr<bool> HasHalfImages(cl_context context) {
  cl_image_format formats[512];
  cl_uint count = 0;
  const cl_int error = clGetSupportedImageFormats(context, CL_MEM_READ_WRITE, CL_MEM_OBJECT_IMAGE2D,
                                                  512, formats, &count);
  DeviceQueries queries(nullptr, nullptr);
  if (!queries.Note("clGetSupportedImageFormats", error)) {
    MACE_RETURN_IF_ERROR(queries.status());
    return false;
  }
  return std::any_of(formats, formats + std::min<cl_uint>(count, 512),
                     [](const cl_image_format& format) {
                       return format.image_channel_order == CL_RGBA &&
                              format.image_channel_data_type == CL_HALF_FLOAT;
                     });
}

}  // namespace mace
