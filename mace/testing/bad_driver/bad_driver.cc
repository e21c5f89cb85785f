// An OpenCL driver that loads, and then does what MACE_BAD_DRIVER says when a loader asks it for its
// platforms: "crash", "hang", or "exit". Without the variable it has no platform.
#include <CL/cl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr cl_int kPlatformNotFound = -1001;  // CL_PLATFORM_NOT_FOUND_KHR.

bool Wants(const char* behaviour) {
  const char* const wanted = std::getenv("MACE_BAD_DRIVER");
  return wanted != nullptr && std::strcmp(wanted, behaviour) == 0;
}

cl_int GetPlatforms(cl_uint, cl_platform_id*, cl_uint* count) {
  if (Wants("crash")) {
    std::fputs("bad driver: about to crash\n", stderr);
    std::raise(SIGSEGV);
  }
  while (Wants("hang")) pause();
  if (Wants("exit")) std::exit(3);
  if (count != nullptr) *count = 0;
  return kPlatformNotFound;
}

}  // namespace

extern "C" {

__attribute__((visibility("default"))) cl_int clIcdGetPlatformIDsKHR(cl_uint entries,
                                                                     cl_platform_id* platforms,
                                                                     cl_uint* count) {
  return GetPlatforms(entries, platforms, count);
}

__attribute__((visibility("default"))) void* clGetExtensionFunctionAddress(const char* name) {
  if (std::strcmp(name, "clIcdGetPlatformIDsKHR") != 0) return nullptr;
  return reinterpret_cast<void*>(&clIcdGetPlatformIDsKHR);
}

__attribute__((visibility("default"))) cl_int clGetPlatformInfo(cl_platform_id, cl_platform_info,
                                                                size_t, void*, size_t*) {
  return CL_INVALID_PLATFORM;
}

}  // extern "C"
