#include "mace/testing/test_device.h"

#include <cstdlib>

#include "mace/plan/plan.h"
#include "mace/testing/unoptimized.h"

namespace mace {
StatusOr<TestDevice*> TestDevice::Get() {
  static TestDevice* opened = nullptr;
  if (opened != nullptr) return opened;
  const char* spec = std::getenv("MACE_TEST_DEVICE");
  std::unique_ptr<TestDevice> device(new TestDevice);
  MACE_ASSIGN_OR_RETURN(device->device_, OpenDevice(spec == nullptr ? "gpu" : spec));
  MACE_ASSIGN_OR_RETURN(ClQueue queue, ClQueue::Create(device->device_, false));
  device->queue_ = std::make_unique<ClQueue>(std::move(queue));
  opened = device.release();
  return opened;
}

Status TestDevice::Compile(const std::vector<const KernelVariant*>& variants,
                           const DeviceInfo& lowered_for) {
  std::map<std::string, KernelInstance> missing;
  for (const KernelVariant* variant : variants) {
    for (const Launch& launch : variant->launches) {
      if (launch.call.has_value()) continue;
      const std::string name = launch.kernel.function_name();
      if (programs_.count(name) == 0) missing.emplace(name, launch.kernel);
    }
  }
  if (missing.empty()) return Status::Ok();
  std::vector<KernelInstance> kernels;
  for (const auto& [name, kernel] : missing) kernels.push_back(kernel);
  MACE_ASSIGN_OR_RETURN(const std::string text, ComposeProgram(kernels));
  const bool stands_in =
      device_->info().kind == DeviceKind::kCpu && lowered_for.kind != DeviceKind::kCpu;
  const Unoptimized unoptimized(stands_in);
  MACE_ASSIGN_OR_RETURN(const std::shared_ptr<ClProgram> program,
                        ClProgram::FromSource(device_, text, missing.begin()->first));
  for (const auto& [name, kernel] : missing) programs_[name] = program;
  return Status::Ok();
}

StatusOr<ClKernel> TestDevice::FindKernel(const KernelInstance& kernel) const {
  const std::string name = kernel.function_name();
  const auto found = programs_.find(name);
  if (found == programs_.end()) return Internal(name + " has not been compiled");
  return ClKernel::Create(found->second->get(), name);
}

StatusOr<const DeviceInfo*> TestDeviceInfo() {
  MACE_ASSIGN_OR_RETURN(TestDevice * device, TestDevice::Get());
  return &device->device().info();
}

}  // namespace mace
