// Questions to a driver about a device and its platform.
//
// A driver need not know a question: it then says so (CL_INVALID_VALUE and the like), the answer is
// the fallback, and the device is used without it. An error that is about the moment, because
// resources are used up or the device is gone, is kept for status() instead: a device that is
// described wrongly would be planned for wrongly, and its programs would be cached as another's.
//
// Thread contract: thread-compatible.
#ifndef MACE_CL_DEVICE_QUERIES_H_
#define MACE_CL_DEVICE_QUERIES_H_

#include <CL/cl.h>

#include <string>

#include "mace/base/status.h"

namespace mace {

class DeviceQueries {
 public:
  DeviceQueries(cl_platform_id platform, cl_device_id device)
      : platform_(platform), device_(device) {}

  // Texts that the driver does not tell are empty.
  std::string DeviceText(cl_device_info what);
  std::string PlatformText(cl_platform_info what);
  template <typename T>
  T DeviceNumber(cl_device_info what, T fallback) {
    T value = fallback;
    return DeviceBytes(what, sizeof(value), &value) ? value : fallback;
  }
  // Whether the driver has written the answer to `into`.
  bool DeviceBytes(cl_device_info what, size_t bytes, void* into);
  // Notes an answer to another question. Whether it is CL_SUCCESS.
  bool Note(const char* call, cl_int error);

  // OK, or the first error that is about the moment.
  const Status& status() const { return status_; }

 private:
  const cl_platform_id platform_;
  const cl_device_id device_;
  Status status_;
};

}  // namespace mace

#endif  // MACE_CL_DEVICE_QUERIES_H_
