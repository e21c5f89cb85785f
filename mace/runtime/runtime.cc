#include "mace/runtime/runtime.h"

#include <map>
#include <mutex>
#include <utility>

#include "mace/base/log.h"

namespace mace {
namespace {

// What is alive in this process. Never destroyed: engines may outlive static objects.
struct Registry {
  std::mutex mutex;
  std::map<std::string, std::weak_ptr<ClDevice>> devices;
  std::map<std::pair<std::string, std::string>, std::weak_ptr<Runtime>> runtimes;
};

Registry& TheRegistry() {
  static auto* registry = new Registry;
  return *registry;
}

std::shared_ptr<CacheStore> OpenStore(const std::string& path) {
  if (path.empty()) return nullptr;
  std::shared_ptr<CacheStore> store = CacheStore::Open(path);
  if (store->status() != CacheFileStatus::kWarm) {
    const bool rejected = store->status() == CacheFileStatus::kRejected;
    Log(rejected ? LogLevel::kWarning : LogLevel::kInfo, "cache: " + store->reason());
  }
  return store;
}

}  // namespace

StatusOr<std::shared_ptr<Runtime>> Runtime::Get(const std::string& device_spec,
                                                const std::string& cache_path) {
  Registry& registry = TheRegistry();
  std::lock_guard<std::mutex> lock(registry.mutex);
  std::weak_ptr<Runtime>& known = registry.runtimes[{device_spec, cache_path}];
  if (std::shared_ptr<Runtime> runtime = known.lock()) return runtime;
  std::weak_ptr<ClDevice>& known_device = registry.devices[device_spec];
  std::shared_ptr<ClDevice> device = known_device.lock();
  if (device == nullptr) {
    StatusOr<std::shared_ptr<ClDevice>> opened = OpenDevice(device_spec);
    // For an engine a missing device is a fault of the device, not a file that is not there.
    if (opened.status().code() == StatusCode::kNotFound)
      return DeviceError(opened.status().message());
    MACE_ASSIGN_OR_RETURN(device, std::move(opened));
    known_device = device;
  }
  std::shared_ptr<Runtime> runtime(new Runtime(std::move(device), OpenStore(cache_path)));
  known = runtime;
  return runtime;
}

}  // namespace mace
