#include "mace/cl/device.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "mace/base/log.h"
#include "mace/base/strings.h"
#include "mace/cl/cache_layer.h"
#include "mace/cl/device_address.h"
#include "mace/cl/error.h"
#include "mace/cl/opencl_process.h"
#include "mace/cl/pocl_folder.h"

namespace mace {
namespace {

constexpr std::string_view kPoclPlatform = "Portable Computing Language";
constexpr const char* kCpuHint = "--device cpu still works";

std::string DeviceText(cl_device_id device, cl_device_info what) {
  size_t size = 0;
  if (clGetDeviceInfo(device, what, 0, nullptr, &size) != CL_SUCCESS || size == 0) return "";
  std::string text(size, '\0');
  if (clGetDeviceInfo(device, what, size, text.data(), nullptr) != CL_SUCCESS) return "";
  return text.substr(0, text.find('\0'));
}

std::string PlatformText(cl_platform_id platform, cl_platform_info what) {
  size_t size = 0;
  if (clGetPlatformInfo(platform, what, 0, nullptr, &size) != CL_SUCCESS || size == 0) return "";
  std::string text(size, '\0');
  if (clGetPlatformInfo(platform, what, size, text.data(), nullptr) != CL_SUCCESS) return "";
  return text.substr(0, text.find('\0'));
}

// `fallback` where the driver does not tell: a missing number must not hide a device.
template <typename T>
T DeviceNumber(cl_device_id device, cl_device_info what, T fallback) {
  T value = fallback;
  if (clGetDeviceInfo(device, what, sizeof(value), &value, nullptr) != CL_SUCCESS) return fallback;
  return value;
}

std::string LowerCase(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool Contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

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

DeviceKind KindOf(cl_device_id device) {
  const auto type = DeviceNumber<cl_device_type>(device, CL_DEVICE_TYPE, CL_DEVICE_TYPE_CPU);
  if ((type & CL_DEVICE_TYPE_GPU) != 0) return DeviceKind::kGpu;
  if ((type & CL_DEVICE_TYPE_ACCELERATOR) != 0) return DeviceKind::kAccelerator;
  return DeviceKind::kCpu;
}

void ReadLimits(cl_device_id device, DeviceInfo* info) {
  info->compute_units = DeviceNumber<cl_uint>(device, CL_DEVICE_MAX_COMPUTE_UNITS, 1);
  info->clock_mhz = DeviceNumber<cl_uint>(device, CL_DEVICE_MAX_CLOCK_FREQUENCY, 0);
  info->global_memory_bytes = DeviceNumber<cl_ulong>(device, CL_DEVICE_GLOBAL_MEM_SIZE, 0);
  info->max_allocation_bytes = DeviceNumber<cl_ulong>(device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, 0);
  info->local_memory_bytes = DeviceNumber<cl_ulong>(device, CL_DEVICE_LOCAL_MEM_SIZE, 0);
  info->cache_bytes = DeviceNumber<cl_ulong>(device, CL_DEVICE_GLOBAL_MEM_CACHE_SIZE, 0);
  info->max_work_group_size = DeviceNumber<size_t>(device, CL_DEVICE_MAX_WORK_GROUP_SIZE, 1);
  size_t sizes[16] = {};
  const auto axes = DeviceNumber<cl_uint>(device, CL_DEVICE_MAX_WORK_ITEM_DIMENSIONS, 3);
  const size_t bytes = std::min<size_t>(axes, 16) * sizeof(size_t);
  if (clGetDeviceInfo(device, CL_DEVICE_MAX_WORK_ITEM_SIZES, bytes, sizes, nullptr) == CL_SUCCESS) {
    for (int i = 0; i < 3; ++i) {
      info->max_work_item_sizes[i] = std::max<size_t>(sizes[i], 1);
    }
  }
  info->preferred_float_width =
      std::max(1u, DeviceNumber<cl_uint>(device, CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT, 1));
  // The driver counts in bits.
  info->memory_base_address_align_bytes =
      std::max(1u, DeviceNumber<cl_uint>(device, CL_DEVICE_MEM_BASE_ADDR_ALIGN, 1024) / 8);
  info->local_memory_is_emulated = DeviceNumber<cl_device_local_mem_type>(
                                       device, CL_DEVICE_LOCAL_MEM_TYPE, CL_LOCAL) != CL_LOCAL;
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

DeviceInfo ReadDevice(cl_platform_id platform, cl_device_id device) {
  DeviceInfo info;
  info.name = DeviceText(device, CL_DEVICE_NAME);
  info.vendor_name = DeviceText(device, CL_DEVICE_VENDOR);
  info.device_version = DeviceText(device, CL_DEVICE_VERSION);
  info.driver_version = DeviceText(device, CL_DRIVER_VERSION);
  info.platform_name = PlatformText(platform, CL_PLATFORM_NAME);
  info.platform_version = PlatformText(platform, CL_PLATFORM_VERSION);
  info.kind = KindOf(device);
  info.vendor = VendorOf(info);
  ReadLimits(device, &info);
  info.images = DeviceNumber<cl_bool>(device, CL_DEVICE_IMAGE_SUPPORT, CL_FALSE) == CL_TRUE;
  if (info.images) {
    info.image2d_max_width = DeviceNumber<size_t>(device, CL_DEVICE_IMAGE2D_MAX_WIDTH, 0);
    info.image2d_max_height = DeviceNumber<size_t>(device, CL_DEVICE_IMAGE2D_MAX_HEIGHT, 0);
  }
  const std::string extensions = " " + DeviceText(device, CL_DEVICE_EXTENSIONS) + " ";
  if (info.images && Contains(extensions, " cl_khr_image2d_from_buffer ")) {
    info.image_pitch_alignment = DeviceNumber<cl_uint>(device, CL_DEVICE_IMAGE_PITCH_ALIGNMENT, 0);
    info.image_base_alignment =
        DeviceNumber<cl_uint>(device, CL_DEVICE_IMAGE_BASE_ADDRESS_ALIGNMENT, 0);
  }
  info.fp16_arithmetic = Contains(extensions, " cl_khr_fp16 ");
  if (Contains(extensions, " cl_nv_device_attribute_query ")) {
    // CL_DEVICE_COMPUTE_CAPABILITY_MAJOR_NV and _MINOR_NV of that extension, not in every header.
    constexpr cl_device_info kMajor = 0x4000, kMinor = 0x4001;
    info.compute_capability =
        10 * DeviceNumber<cl_uint>(device, kMajor, 0) + DeviceNumber<cl_uint>(device, kMinor, 0);
  }
  info.host_unified_memory =
      DeviceNumber<cl_bool>(device, CL_DEVICE_HOST_UNIFIED_MEMORY, CL_FALSE) == CL_TRUE;
  info.byte_products = ByteProductsOf(info);
  return info;
}

Status AppendDevices(cl_platform_id platform, std::vector<ClDeviceEntry>* entries) {
  if (Contains(PlatformText(platform, CL_PLATFORM_NAME), kPoclPlatform)) {
    MACE_RETURN_IF_ERROR(CheckPoclFolder());
  }
  cl_uint count = 0;
  cl_int error = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, nullptr, &count);
  if (error == CL_DEVICE_NOT_FOUND || (error == CL_SUCCESS && count == 0)) return Status();
  MACE_RETURN_IF_ERROR(CheckCl("clGetDeviceIDs", error));
  std::vector<cl_device_id> ids(count);
  MACE_RETURN_IF_ERROR(CheckCl(
      "clGetDeviceIDs", clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, count, ids.data(), nullptr)));
  for (cl_device_id id : ids) {
    const bool usable = DeviceNumber<cl_bool>(id, CL_DEVICE_AVAILABLE, CL_TRUE) == CL_TRUE &&
                        DeviceNumber<cl_bool>(id, CL_DEVICE_ENDIAN_LITTLE, CL_TRUE) == CL_TRUE;
    if (!usable) continue;
    entries->push_back({platform, id, ReadDevice(platform, id), "", ""});
    ReadDeviceAddress(&entries->back());
  }
  return Status();
}

int KindRank(DeviceKind kind) {
  if (kind == DeviceKind::kGpu) return 2;
  return kind == DeviceKind::kAccelerator ? 1 : 0;
}

bool IsBetter(const DeviceInfo& a, const DeviceInfo& b) {
  const int rank_a = KindRank(a.kind), rank_b = KindRank(b.kind);
  if (rank_a != rank_b) return rank_a > rank_b;
  return uint64_t{a.compute_units} * std::max(a.clock_mhz, 1u) >
         uint64_t{b.compute_units} * std::max(b.clock_mhz, 1u);
}

bool IsNumber(const std::string& text) {
  return !text.empty() && text.size() <= 6 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string NamesOf(const std::vector<ClDeviceEntry>& devices) {
  std::vector<std::string> names;
  for (size_t i = 0; i < devices.size(); ++i) {
    names.push_back(std::to_string(i) + " " + Printable(devices[i].info.name));
  }
  return Join(names, ", ");
}

// Half images are core OpenCL but some drivers list no such format.
bool HasHalfImages(cl_context context) {
  cl_image_format formats[512];
  cl_uint count = 0;
  const cl_int error = clGetSupportedImageFormats(context, CL_MEM_READ_WRITE, CL_MEM_OBJECT_IMAGE2D,
                                                  512, formats, &count);
  if (error != CL_SUCCESS) return false;
  return std::any_of(formats, formats + std::min<cl_uint>(count, 512),
                     [](const cl_image_format& format) {
                       return format.image_channel_order == CL_RGBA &&
                              format.image_channel_data_type == CL_HALF_FLOAT;
                     });
}

Status CheckHandle(const char* what, cl_int error) {
  if (error == CL_SUCCESS) return Status();
  return InvalidArgument(
      std::string("OpenCL ") + what +
      " of the app: expected a valid handle, found one of which the driver says " +
      ClErrorName(error));
}

// The device that the app means, which must be one of its context.
StatusOr<cl_device_id> DeviceOfContext(const CallerContext& caller) {
  const auto context = static_cast<cl_context>(caller.context);
  size_t size = 0;
  MACE_RETURN_IF_ERROR(
      CheckHandle("context", clGetContextInfo(context, CL_CONTEXT_DEVICES, 0, nullptr, &size)));
  std::vector<cl_device_id> devices(size / sizeof(cl_device_id));
  MACE_RETURN_IF_ERROR(CheckHandle(
      "context", clGetContextInfo(context, CL_CONTEXT_DEVICES, size, devices.data(), nullptr)));
  if (caller.device == nullptr) {
    if (devices.size() == 1) return devices[0];
    return InvalidArgument(
        "OpenCL device of the app: expected a cl_device_id, since its context has " +
        std::to_string(devices.size()) + " devices, found null");
  }
  const auto device = static_cast<cl_device_id>(caller.device);
  if (std::find(devices.begin(), devices.end(), device) != devices.end()) return device;
  return InvalidArgument("OpenCL device of the app: expected one of its context's " +
                         std::to_string(devices.size()) + " devices, found another one");
}

// Retains the queue, which may be null.
StatusOr<ClQueueHandle> RetainCallerQueue(const CallerContext& caller, cl_device_id device) {
  const auto queue = static_cast<cl_command_queue>(caller.queue);
  if (queue == nullptr) return ClQueueHandle();
  cl_context context = nullptr;
  cl_device_id of_queue = nullptr;
  cl_command_queue_properties properties = 0;
  MACE_RETURN_IF_ERROR(CheckHandle(
      "queue", clGetCommandQueueInfo(queue, CL_QUEUE_CONTEXT, sizeof(context), &context, nullptr)));
  MACE_RETURN_IF_ERROR(CheckHandle(
      "queue",
      clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof(of_queue), &of_queue, nullptr)));
  MACE_RETURN_IF_ERROR(CheckHandle(
      "queue",
      clGetCommandQueueInfo(queue, CL_QUEUE_PROPERTIES, sizeof(properties), &properties, nullptr)));
  if (context != caller.context || of_queue != device) {
    return InvalidArgument(
        std::string("OpenCL queue of the app: expected one of its context and ") +
        "device, found one of another " + (context != caller.context ? "context" : "device"));
  }
  if ((properties & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE) != 0) {
    return InvalidArgument(
        "OpenCL queue of the app: expected an in-order queue, found one that runs out of order");
  }
  MACE_RETURN_IF_ERROR(CheckCl("clRetainCommandQueue", clRetainCommandQueue(queue)));
  return ClQueueHandle(queue);
}

}  // namespace

StatusOr<std::vector<ClDeviceEntry>> ListClDevices(const OpenClNeeds& needs) {
  MACE_RETURN_IF_ERROR(CheckOpenClProcess());
  PreparePoclFolder(needs.environment);
  std::vector<ClDeviceEntry> entries;
  cl_uint count = 0;
  const cl_int error = CountPlatforms(needs, &count);
  // The loader's code for "no driver is installed".
  constexpr cl_int kPlatformNotFound = -1001;
  if (error == kPlatformNotFound || (error == CL_SUCCESS && count == 0)) return entries;
  MACE_RETURN_IF_ERROR(CheckCl("clGetPlatformIDs", error));
  std::vector<cl_platform_id> platforms(count);
  MACE_RETURN_IF_ERROR(
      CheckCl("clGetPlatformIDs", clGetPlatformIDs(count, platforms.data(), nullptr)));
  Status failed;
  for (cl_platform_id platform : platforms) {
    const Status status = AppendDevices(platform, &entries);
    if (status.ok()) continue;
    const std::string left_out =
        "OpenCL platform " + PlatformText(platform, CL_PLATFORM_NAME) + " is left out";
    if (platforms.size() > 1) Log(LogLevel::kWarning, left_out + ": " + status.message());
    failed = status.WithPrefix(left_out);
  }
  if (entries.empty()) MACE_RETURN_IF_ERROR(failed);  // What fails is not what is missing.
  return entries;
}

StatusOr<size_t> ChooseDevice(const std::vector<ClDeviceEntry>& devices, const std::string& spec) {
  const bool plain = spec == "gpu";
  if (IsDeviceAddress(spec)) return FindDeviceAddress(devices, spec);
  if (!plain && (!StartsWith(spec, "gpu:") || spec.size() == 4)) {
    return InvalidArgument("device: expected cpu, gpu, gpu:N, gpu:NAME-PART, uuid:UUID or " +
                           std::string("pci:ADDRESS, found \"") + Printable(spec) + "\"");
  }
  if (devices.empty()) {
    return NotFound(std::string("no OpenCL device: no driver is installed for one (needed are a "
                                "GPU's driver, or PoCL for the CPU, and the OpenCL loader; Debian: "
                                "pocl-opencl-icd, ocl-icd-libopencl1), or none works here "
                                "(POCL_CACHE_DIR must be writable for PoCL); ") +
                    kCpuHint);
  }
  const std::string part = plain ? "" : LowerCase(spec.substr(4));
  if (IsNumber(part)) {
    const size_t index = std::stoul(part);
    if (index < devices.size()) return index;
    const std::string count =
        devices.size() == 1 ? "there is 1" : "there are " + std::to_string(devices.size());
    return NotFound("no OpenCL device " + part + ": " + count +
                    ", counted from 0: " + NamesOf(devices) + "; " + kCpuHint);
  }
  size_t best = devices.size();
  for (size_t i = 0; i < devices.size(); ++i) {
    const DeviceInfo& info = devices[i].info;
    if (!Contains(LowerCase(info.name), part) && !Contains(LowerCase(info.platform_name), part)) {
      continue;
    }
    if (best == devices.size() || IsBetter(info, devices[best].info)) best = i;
  }
  if (best < devices.size()) return best;
  return NotFound("no OpenCL device named like \"" + Printable(part) + "\": there are " +
                  NamesOf(devices) + "; " + kCpuHint);
}

StatusOr<std::shared_ptr<ClDevice>> OpenDevice(const std::string& spec, const OpenClNeeds& needs) {
  MACE_ASSIGN_OR_RETURN(const std::vector<ClDeviceEntry> devices, ListClDevices(needs));
  MACE_ASSIGN_OR_RETURN(const size_t index, ChooseDevice(devices, spec));
  return OpenDevice(devices, index);
}

StatusOr<std::shared_ptr<ClDevice>> OpenDevice(const std::vector<ClDeviceEntry>& devices,
                                               size_t index) {
  ClDeviceEntry entry = devices[index];
  const cl_context_properties properties[] = {
      CL_CONTEXT_PLATFORM, reinterpret_cast<cl_context_properties>(entry.platform), 0};
  cl_int error = CL_SUCCESS;
  ClContextHandle context(clCreateContext(properties, 1, &entry.device, nullptr, nullptr, &error));
  MACE_RETURN_IF_ERROR(CheckCl("clCreateContext", error, entry.info.name));
  entry.info.half_images = entry.info.images && HasHalfImages(context.get());
  Log(LogLevel::kInfo, "OpenCL device " + std::to_string(index) + ": " + entry.info.name +
                           ", driver " + entry.info.driver_version);
  return std::make_shared<ClDevice>(std::move(entry), std::move(context));
}

StatusOr<std::shared_ptr<ClDevice>> OpenCallerDevice(const CallerContext& caller) {
  MACE_RETURN_IF_ERROR(CheckOpenClProcess());
  NoteOpenClUse();
  ClDeviceEntry entry;
  MACE_ASSIGN_OR_RETURN(entry.device, DeviceOfContext(caller));
  entry.platform = DeviceNumber<cl_platform_id>(entry.device, CL_DEVICE_PLATFORM, nullptr);
  entry.info = ReadDevice(entry.platform, entry.device);
  MACE_ASSIGN_OR_RETURN(ClQueueHandle queue, RetainCallerQueue(caller, entry.device));
  const auto raw = static_cast<cl_context>(caller.context);
  MACE_RETURN_IF_ERROR(CheckCl("clRetainContext", clRetainContext(raw)));
  ClContextHandle context(raw);
  entry.info.half_images = entry.info.images && HasHalfImages(raw);
  Log(LogLevel::kInfo,
      "OpenCL device of the app: " + entry.info.name + ", driver " + entry.info.driver_version);
  return std::make_shared<ClDevice>(std::move(entry), std::move(context), std::move(queue));
}

}  // namespace mace
