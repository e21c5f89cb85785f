#include "mace/cl/nvidia_cubin.h"

#include <CL/cl.h>
#include <dlfcn.h>

#include <cstdio>
#include <string_view>

namespace mace {
namespace {

// Of cl_nv_device_attribute_query, which Debian's headers have under several names.
constexpr cl_device_info kPciBusId = 0x4008;
constexpr cl_device_info kPciSlotId = 0x4009;
constexpr cl_device_info kPciDomainId = 0x400A;

// What is used of the CUDA driver API, whose binary interface is fixed; its header is not needed.
using CuResult = int;
using CuDevice = int;
using CuContext = void*;
using CuLinkState = void*;
constexpr int kJitErrorLogBuffer = 5;
constexpr int kJitErrorLogBytes = 6;
constexpr int kJitInputPtx = 1;

struct CudaDriver {
  CuResult (*init)(unsigned) = nullptr;
  CuResult (*device_by_pci_bus_id)(CuDevice*, const char*) = nullptr;
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
  Find(library, "cuDeviceGetByPCIBusId", &driver, &driver.device_by_pci_bus_id);
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

// "domain:bus:device.function", as the CUDA driver names a device.
StatusOr<std::string> PciBusId(const ClDevice& device) {
  cl_uint bus = 0, slot = 0, domain = 0;
  if (clGetDeviceInfo(device.id(), kPciBusId, sizeof(bus), &bus, nullptr) != CL_SUCCESS ||
      clGetDeviceInfo(device.id(), kPciSlotId, sizeof(slot), &slot, nullptr) != CL_SUCCESS) {
    return Unsupported("device '" + device.info().name + "' does not tell its PCI bus");
  }
  // Older drivers know no domains.
  if (clGetDeviceInfo(device.id(), kPciDomainId, sizeof(domain), &domain, nullptr) != CL_SUCCESS) {
    domain = 0;
  }
  char text[32];
  std::snprintf(text, sizeof(text), "%04x:%02x:%02x.%x", domain, bus, slot >> 3, slot & 7);
  return std::string(text);
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

bool IsPtx(const std::string& binary) {
  const std::string_view start = std::string_view(binary).substr(0, 4096);
  return start.find(".version") != std::string_view::npos &&
         start.find(".target") != std::string_view::npos;
}

StatusOr<std::string> AssembleCubin(const std::string& ptx, const ClDevice& device) {
  if (device.info().vendor != DeviceVendor::kNvidia) {
    return Unsupported("device '" + device.info().name + "' is not NVIDIA's");
  }
  const CudaDriver& cuda = TheCudaDriver();
  if (!cuda.missing.empty()) return Unsupported(cuda.missing);
  MACE_ASSIGN_OR_RETURN(const std::string bus_id, PciBusId(device));
  MACE_RETURN_IF_ERROR(Check("cuInit", cuda.init(0)));
  CuDevice cuda_device = 0;
  MACE_RETURN_IF_ERROR(
      Check("cuDeviceGetByPCIBusId", cuda.device_by_pci_bus_id(&cuda_device, bus_id.c_str())));
  CuContext context = nullptr;
  MACE_RETURN_IF_ERROR(
      Check("cuDevicePrimaryCtxRetain", cuda.retain_context(&context, cuda_device)));
  Status status = Check("cuCtxPushCurrent", cuda.push_context(context));
  StatusOr<std::string> cubin = status;
  if (status.ok()) {
    // The driver's text ends with a NUL of its own.
    cubin = Link(cuda, ptx.substr(0, ptx.find('\0')));
    cuda.pop_context(&context);
  }
  cuda.release_context(cuda_device);
  return cubin;
}

}  // namespace mace
