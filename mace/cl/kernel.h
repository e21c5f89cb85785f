// A kernel of a built program. One object for each launch, so that its arguments stay bound.
//
// Ownership: keeps the program alive (the driver counts). Errors: kDeviceError names the call, the
// error and the kernel. Thread contract: thread-compatible.
#ifndef MACE_CL_KERNEL_H_
#define MACE_CL_KERNEL_H_

#include <CL/cl.h>

#include <string>

#include "mace/base/status.h"
#include "mace/cl/device.h"
#include "mace/cl/handle.h"
#include "mace/cl/memory.h"

namespace mace {

class ClKernel {
 public:
  ClKernel() = default;
  static StatusOr<ClKernel> Create(cl_program program, const std::string& name);

  // Arguments are set in order, from the first.
  Status AddMemory(const ClMemory& memory);
  Status AddInt(int32_t value);
  Status AddFloat(float value);
  // kInternal where not every parameter of the kernel has got its argument.
  Status CheckComplete() const;
  // The largest work-group this kernel can run with on the device.
  StatusOr<size_t> MaxWorkGroupSize(const ClDevice& device) const;

  cl_kernel get() const { return handle_.get(); }
  const std::string& name() const { return name_; }

 private:
  Status Add(size_t size, const void* value);

  ClKernelHandle handle_;
  std::string name_;
  cl_uint parameters_ = 0;
  cl_uint set_ = 0;
};

}  // namespace mace

#endif  // MACE_CL_KERNEL_H_
