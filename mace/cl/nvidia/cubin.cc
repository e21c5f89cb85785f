#include "mace/cl/nvidia/cubin.h"

#include <dlfcn.h>

namespace mace {
namespace {

// The used part of the CUDA driver API, whose binary interface is fixed; its header is not needed.
using CuResult = int;
using CuDevice = int;
using CuContext = void*;
using CuLinkState = void*;
constexpr int kJitErrorLogBuffer = 5;
constexpr int kJitErrorLogBytes = 6;
constexpr int kJitInputPtx = 1;

struct CudaDriver {
  CuResult (*init)(unsigned) = nullptr;
  CuResult (*device_count)(int*) = nullptr;
  CuResult (*device)(CuDevice*, int) = nullptr;
  CuResult (*device_uuid)(uint8_t*, CuDevice) = nullptr;  // 16 bytes.
  CuResult (*retain_context)(CuContext*, CuDevice) = nullptr;
  CuResult (*release_context)(CuDevice) = nullptr;
  CuResult (*push_context)(CuContext) = nullptr;
  CuResult (*pop_context)(CuContext*) = nullptr;
  CuResult (*link_create)(unsigned, int*, void**, CuLinkState*) = nullptr;
  CuResult (*link_add)(CuLinkState, int, void*, size_t, const char*, unsigned, int*,
                       void**) = nullptr;
  CuResult (*link_complete)(CuLinkState, void**, size_t*) = nullptr;
  CuResult (*link_destroy)(CuLinkState) = nullptr;
  std::string missing;  // What keeps it from use; empty when all is there.
};

template <typename Function>
void Find(void* library, const char* name, CudaDriver* driver, Function* function) {
  *function = reinterpret_cast<Function>(dlsym(library, name));
  if (*function == nullptr) driver->missing = std::string("libcuda.so.1 has no ") + name;
}

CudaDriver LoadCudaDriver() {
  CudaDriver driver;
  void* library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);  // Never closed.
  if (library == nullptr) {
    const char* why = dlerror();
    driver.missing = why == nullptr ? "libcuda.so.1 cannot be loaded" : why;
    return driver;
  }
  Find(library, "cuInit", &driver, &driver.init);
  Find(library, "cuDeviceGetCount", &driver, &driver.device_count);
  Find(library, "cuDeviceGet", &driver, &driver.device);
  Find(library, "cuDeviceGetUuid", &driver, &driver.device_uuid);
  Find(library, "cuDevicePrimaryCtxRetain", &driver, &driver.retain_context);
  Find(library, "cuDevicePrimaryCtxRelease_v2", &driver, &driver.release_context);
  Find(library, "cuCtxPushCurrent_v2", &driver, &driver.push_context);
  Find(library, "cuCtxPopCurrent_v2", &driver, &driver.pop_context);
  Find(library, "cuLinkCreate_v2", &driver, &driver.link_create);
  Find(library, "cuLinkAddData_v2", &driver, &driver.link_add);
  Find(library, "cuLinkComplete", &driver, &driver.link_complete);
  Find(library, "cuLinkDestroy", &driver, &driver.link_destroy);
  return driver;
}

const CudaDriver& TheCudaDriver() {
  static const auto* driver = new CudaDriver(LoadCudaDriver());
  return *driver;
}

Status Check(const char* call, CuResult result) {
  if (result == 0) return Status();
  return DeviceError(std::string(call) + ": CUDA error " + std::to_string(result));
}

// The CUDA driver's number of the device.
StatusOr<CuDevice> FindDevice(const CudaDriver& cuda, const std::optional<DeviceUuid>& wanted) {
  int count = 0;
  MACE_RETURN_IF_ERROR(Check("cuDeviceGetCount", cuda.device_count(&count)));
  for (int i = 0; i < count; ++i) {
    CuDevice candidate = 0;
    MACE_RETURN_IF_ERROR(Check("cuDeviceGet", cuda.device(&candidate, i)));
    DeviceUuid uuid = {};
    MACE_RETURN_IF_ERROR(Check("cuDeviceGetUuid", cuda.device_uuid(uuid.data(), candidate)));
    if (wanted.has_value() ? uuid == *wanted : count == 1) return candidate;
  }
  return Unsupported("the device is not among libcuda's " + std::to_string(count));
}

// Assembles with a context of the device current.
StatusOr<std::string> Link(const CudaDriver& cuda, const std::string& ptx) {
  char log[1024] = "";
  int options[] = {kJitErrorLogBuffer, kJitErrorLogBytes};
  void* values[] = {log, reinterpret_cast<void*>(sizeof(log) - 1)};
  CuLinkState link = nullptr;
  MACE_RETURN_IF_ERROR(Check("cuLinkCreate", cuda.link_create(2, options, values, &link)));
  void* cubin = nullptr;
  size_t size = 0;
  Status status =
      Check("cuLinkAddData", cuda.link_add(link, kJitInputPtx, const_cast<char*>(ptx.c_str()),
                                           ptx.size() + 1, "mace", 0, nullptr, nullptr));
  if (status.ok()) status = Check("cuLinkComplete", cuda.link_complete(link, &cubin, &size));
  // The cubin is the link state's.
  std::string result;
  if (status.ok()) result.assign(static_cast<const char*>(cubin), size);
  cuda.link_destroy(link);
  if (status.ok()) return result;
  const std::string first_line = std::string(log).substr(0, std::string(log).find('\n'));
  return DeviceError(status.message() + (first_line.empty() ? "" : ": " + first_line));
}

}  // namespace

bool IsPtx(std::string_view binary) {
  const std::string_view start = binary.substr(0, 4096);
  return start.find(".version") != std::string_view::npos &&
         start.find(".target") != std::string_view::npos;
}

StatusOr<std::string> AssembleCubin(const std::string& ptx, const std::optional<DeviceUuid>& uuid) {
  const CudaDriver& cuda = TheCudaDriver();
  if (!cuda.missing.empty()) return Unsupported(cuda.missing);
  MACE_RETURN_IF_ERROR(Check("cuInit", cuda.init(0)));
  MACE_ASSIGN_OR_RETURN(const CuDevice device, FindDevice(cuda, uuid));
  CuContext context = nullptr;
  MACE_RETURN_IF_ERROR(Check("cuDevicePrimaryCtxRetain", cuda.retain_context(&context, device)));
  Status status = Check("cuCtxPushCurrent", cuda.push_context(context));
  StatusOr<std::string> cubin = status;
  if (status.ok()) {
    // The driver's text ends with a NUL of its own.
    cubin = Link(cuda, ptx.substr(0, ptx.find('\0')));
    cuda.pop_context(&context);
  }
  cuda.release_context(device);
  return cubin;
}

}  // namespace mace
