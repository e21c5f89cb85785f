// The OpenCL device that tests of ops run on, opened once a process, with the programs compiled for
// it.
// Thread contract: one thread.
#ifndef MACE_TESTING_TEST_DEVICE_H_
#define MACE_TESTING_TEST_DEVICE_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mace/cl/program.h"
#include "mace/cl/queue.h"
#include "mace/ops/op.h"

namespace mace {

class TestDevice {
 public:
  // MACE_TEST_DEVICE of the environment, or "gpu". Never closed: drivers do not like their exit
  // order.
  static StatusOr<TestDevice*> Get();

  const ClDevice& device() const { return *device_; }
  ClQueue& queue() { return *queue_; }

  // Makes one program of all kernels of `lowerings` that no earlier one holds: a driver compiles
  // many kernels of one program in half the time that it takes for a program each. A CPU that
  // stands in for the GPU they were lowered for shows that they are right, not fast: PoCL leaves
  // them unoptimised, which takes half the time again.
  Status Compile(const std::vector<const KernelVariant*>& variants, const DeviceInfo& lowered_for);
  // REQUIRES: compiled.
  StatusOr<ClKernel> FindKernel(const KernelInstance& kernel) const;

 private:
  TestDevice() = default;

  std::shared_ptr<ClDevice> device_;
  std::unique_ptr<ClQueue> queue_;
  std::map<std::string, std::shared_ptr<ClProgram>> programs_;  // By a kernel's function name.
};

// The info of the device under test.
StatusOr<const DeviceInfo*> TestDeviceInfo();

}  // namespace mace

#endif  // MACE_TESTING_TEST_DEVICE_H_
