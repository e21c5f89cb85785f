#include "mace/cl/device_queries.h"

#include "mace/cl/error.h"

namespace mace {
namespace {

bool IsAboutTheMoment(cl_int error) {
  switch (error) {
    case CL_DEVICE_NOT_AVAILABLE:
    case CL_MEM_OBJECT_ALLOCATION_FAILURE:
    case CL_OUT_OF_RESOURCES:
    case CL_OUT_OF_HOST_MEMORY:
      return true;
    default:
      return false;
  }
}

// The text before the end that the driver has written.
std::string UpToEnd(const std::string& text) { return text.substr(0, text.find('\0')); }

}  // namespace

bool DeviceQueries::Note(const char* call, cl_int error) {
  if (status_.ok() && IsAboutTheMoment(error)) status_ = CheckCl(call, error);
  return error == CL_SUCCESS;
}

std::string DeviceQueries::DeviceText(cl_device_info what) {
  size_t size = 0;
  if (!Note("clGetDeviceInfo", clGetDeviceInfo(device_, what, 0, nullptr, &size))) return "";
  std::string text(size, '\0');
  return size > 0 && DeviceBytes(what, size, text.data()) ? UpToEnd(text) : "";
}

std::string DeviceQueries::PlatformText(cl_platform_info what) {
  size_t size = 0;
  if (!Note("clGetPlatformInfo", clGetPlatformInfo(platform_, what, 0, nullptr, &size))) return "";
  std::string text(size, '\0');
  const bool is_told =
      size > 0 &&
      Note("clGetPlatformInfo", clGetPlatformInfo(platform_, what, size, text.data(), nullptr));
  return is_told ? UpToEnd(text) : "";
}

bool DeviceQueries::DeviceBytes(cl_device_info what, size_t bytes, void* into) {
  return Note("clGetDeviceInfo", clGetDeviceInfo(device_, what, bytes, into, nullptr));
}

}  // namespace mace
