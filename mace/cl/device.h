// OpenCL devices: what there is, and one opened for use.
//
// A spec names a device: "gpu" is the best one (GPUs before accelerators before CPU drivers, then
// by compute units times clock), "gpu:N" the N-th of ListClDevices, "gpu:NAME-PART" the best whose
// device or platform name contains that text in any case; "uuid:..." and "pci:..." the one with that
// address (device_address.h).
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
#include "mace/cl/caller_context.h"
#include "mace/cl/environment_use.h"
#include "mace/cl/handle.h"
#include "mace/kernel/device_info.h"

namespace mace {

struct ClDeviceEntry {
  cl_platform_id platform = nullptr;
  cl_device_id device = nullptr;
  DeviceInfo info;
  // What tells it from every other one (device_address.h); empty where the driver does not tell.
  std::string uuid;         // 32 hexadecimal digits in groups.
  std::string pci_address;  // "0000:01:00.0": domain, bus, device, function.
};

// Every device of every platform, in the loader's order. A platform that fails is left out with a
// log line. Without a driver the list is empty. `needs` counts at the process's first call.
StatusOr<std::vector<ClDeviceEntry>> ListClDevices(const OpenClNeeds& needs = OpenClNeeds());

// The index in `devices` that `spec` means.
StatusOr<size_t> ChooseDevice(const std::vector<ClDeviceEntry>& devices, const std::string& spec);

// An opened device: immutable, shared by all who hold objects of its context.
class ClDevice {
 public:
  // `caller_queue`: of an app that wants every command in it; none: queues are made.
  ClDevice(ClDeviceEntry entry, ClContextHandle context,
           ClQueueHandle caller_queue = ClQueueHandle())
      : entry_(std::move(entry)),
        context_(std::move(context)),
        caller_queue_(std::move(caller_queue)) {}

  const DeviceInfo& info() const { return entry_.info; }
  cl_device_id id() const { return entry_.device; }
  cl_platform_id platform() const { return entry_.platform; }
  cl_context context() const { return context_.get(); }
  cl_command_queue caller_queue() const { return caller_queue_.get(); }  // Null: none.

 private:
  ClDeviceEntry entry_;
  ClContextHandle context_;
  ClQueueHandle caller_queue_;
};

// The device that `index` means in `devices`, with a context of its own.
StatusOr<std::shared_ptr<ClDevice>> OpenDevice(const std::vector<ClDeviceEntry>& devices,
                                               size_t index);
// ListClDevices, ChooseDevice and OpenDevice one after the other.
StatusOr<std::shared_ptr<ClDevice>> OpenDevice(const std::string& spec,
                                               const OpenClNeeds& needs = OpenClNeeds());

// The device and context of an app, which are retained. kInvalidArgument for handles that are none
// or do not belong together, and for a queue that is not in-order.
StatusOr<std::shared_ptr<ClDevice>> OpenCallerDevice(const CallerContext& caller);

}  // namespace mace

#endif  // MACE_CL_DEVICE_H_
