// OpenCL devices: what there is, and one opened for use.
//
// A spec names a device: "gpu" is the best one (GPUs before accelerators before CPU drivers, then
// by compute units times clock), "gpu:N" the N-th of ListClDevices, "gpu:NAME-PART" the best whose
// device or platform name contains that text in any case.
// Errors: kNotFound where no device is there or none fits, kInvalidArgument for a spec of another
// form, kDeviceError where a driver fails, kFailedPrecondition in a child that was forked after
// OpenCL was used (opencl_process.h). Thread contract: thread-safe.
#ifndef MACE_CL_DEVICE_H_
#define MACE_CL_DEVICE_H_

#include <CL/cl.h>

#include <memory>
#include <string>
#include <vector>

#include "mace/base/status.h"
#include "mace/cl/environment_use.h"
#include "mace/cl/handle.h"
#include "mace/ops/device_info.h"

namespace mace {

struct ClDeviceEntry {
  cl_platform_id platform = nullptr;
  cl_device_id device = nullptr;
  DeviceInfo info;
};

// Every device of every platform, in the loader's order. A platform that fails is left out with a
// log line. Without a driver the list is empty. `needs` counts at the process's first call.
StatusOr<std::vector<ClDeviceEntry>> ListClDevices(const OpenClNeeds& needs = OpenClNeeds());

// The index in `devices` that `spec` means.
StatusOr<size_t> ChooseDevice(const std::vector<ClDeviceEntry>& devices, const std::string& spec);

// An opened device: immutable, shared by all who hold objects of its context.
class ClDevice {
 public:
  ClDevice(ClDeviceEntry entry, ClContextHandle context)
      : entry_(std::move(entry)), context_(std::move(context)) {}

  const DeviceInfo& info() const { return entry_.info; }
  cl_device_id id() const { return entry_.device; }
  cl_platform_id platform() const { return entry_.platform; }
  cl_context context() const { return context_.get(); }

 private:
  ClDeviceEntry entry_;
  ClContextHandle context_;
};

// The device that `index` means in `devices`, with a context of its own.
StatusOr<std::shared_ptr<ClDevice>> OpenDevice(const std::vector<ClDeviceEntry>& devices,
                                               size_t index);
// ListClDevices, ChooseDevice and OpenDevice one after the other.
StatusOr<std::shared_ptr<ClDevice>> OpenDevice(const std::string& spec,
                                               const OpenClNeeds& needs = OpenClNeeds());

}  // namespace mace

#endif  // MACE_CL_DEVICE_H_
