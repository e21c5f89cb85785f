#include "mace/cl/device.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "mace/base/log.h"
#include "mace/base/strings.h"
#include "mace/cl/cache_layer.h"
#include "mace/cl/device_address.h"
#include "mace/cl/device_info_reader.h"
#include "mace/cl/device_queries.h"
#include "mace/cl/error.h"
#include "mace/cl/opencl_process.h"
#include "mace/cl/pocl_folder.h"

namespace mace {
namespace {

constexpr const char* kCpuHint = "--device cpu still works";

// Appends all devices of the platform, or none if it fails.
Status AppendDevices(cl_platform_id platform, std::vector<ClDeviceEntry>* entries) {
  DeviceQueries of_platform(platform, nullptr);
  const bool is_pocl = Contains(of_platform.PlatformText(CL_PLATFORM_NAME), kPoclPlatform);
  MACE_RETURN_IF_ERROR(of_platform.status());
  if (is_pocl) MACE_RETURN_IF_ERROR(CheckPoclFolder());
  cl_uint count = 0;
  cl_int error = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, nullptr, &count);
  if (error == CL_DEVICE_NOT_FOUND || (error == CL_SUCCESS && count == 0)) return Status();
  MACE_RETURN_IF_ERROR(CheckCl("clGetDeviceIDs", error));
  std::vector<cl_device_id> ids(count);
  MACE_RETURN_IF_ERROR(CheckCl(
      "clGetDeviceIDs", clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, count, ids.data(), nullptr)));
  std::vector<ClDeviceEntry> found;
  for (cl_device_id id : ids) {
    DeviceQueries queries(platform, id);
    const bool usable = queries.DeviceNumber<cl_bool>(CL_DEVICE_AVAILABLE, CL_TRUE) == CL_TRUE &&
                        queries.DeviceNumber<cl_bool>(CL_DEVICE_ENDIAN_LITTLE, CL_TRUE) == CL_TRUE;
    MACE_RETURN_IF_ERROR(queries.status());
    if (!usable) continue;
    MACE_ASSIGN_OR_RETURN(DeviceInfo info, ReadDeviceInfo(platform, id));
    found.push_back({platform, id, std::move(info), "", ""});
    MACE_RETURN_IF_ERROR(ReadDeviceAddress(&found.back()));
  }
  std::move(found.begin(), found.end(), std::back_inserter(*entries));
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

Status ReadHalfImages(cl_context context, DeviceInfo* info) {
  if (!info->images) return Status();
  MACE_ASSIGN_OR_RETURN(info->half_images, HasHalfImages(context));
  return Status();
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
    const std::string left_out = "OpenCL platform " +
                                 DeviceQueries(platform, nullptr).PlatformText(CL_PLATFORM_NAME) +
                                 " is left out";
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
  MACE_RETURN_IF_ERROR(ReadHalfImages(context.get(), &entry.info));
  Log(LogLevel::kInfo, "OpenCL device " + std::to_string(index) + ": " + entry.info.name +
                           ", driver " + entry.info.driver_version);
  return std::make_shared<ClDevice>(std::move(entry), std::move(context));
}

StatusOr<std::shared_ptr<ClDevice>> OpenCallerDevice(const CallerContext& caller) {
  MACE_RETURN_IF_ERROR(CheckOpenClProcess());
  NoteOpenClUse();
  ClDeviceEntry entry;
  MACE_ASSIGN_OR_RETURN(entry.device, DeviceOfContext(caller));
  DeviceQueries queries(nullptr, entry.device);
  entry.platform = queries.DeviceNumber<cl_platform_id>(CL_DEVICE_PLATFORM, nullptr);
  MACE_RETURN_IF_ERROR(queries.status());
  MACE_ASSIGN_OR_RETURN(entry.info, ReadDeviceInfo(entry.platform, entry.device));
  MACE_ASSIGN_OR_RETURN(ClQueueHandle queue, RetainCallerQueue(caller, entry.device));
  const auto raw = static_cast<cl_context>(caller.context);
  MACE_RETURN_IF_ERROR(CheckCl("clRetainContext", clRetainContext(raw)));
  ClContextHandle context(raw);
  MACE_RETURN_IF_ERROR(ReadHalfImages(raw, &entry.info));
  Log(LogLevel::kInfo,
      "OpenCL device of the app: " + entry.info.name + ", driver " + entry.info.driver_version);
  return std::make_shared<ClDevice>(std::move(entry), std::move(context), std::move(queue));
}

}  // namespace mace
