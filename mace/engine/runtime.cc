#include "mace/engine/runtime.h"

#include <string>
#include <tuple>
#include <utility>

#include "mace/base/log.h"
#include "mace/base/shared_objects.h"
#include "mace/base/start_trace.h"
#include "mace/cache/driver_records.h"
#include "mace/cl/opencl_process.h"
#include "mace/tune/tuned_plan.h"

namespace mace {
namespace {

// The path of the file, and every option that must be equal for two users to share a store.
using StoreKey = std::tuple<std::string, uint64_t, std::string, uint32_t, bool, bool>;

// The app's OpenCL context, device and queue.
using CallerKey = std::tuple<void*, void*, void*>;

// The objects that are alive in this process. The registry is never destroyed, because a model may
// outlive static objects.
struct Registry {
  SharedObjects<std::string, ClDevice> specs;  // By CompileOptions::device.
  SharedObjects<cl_device_id, ClDevice> devices;
  SharedObjects<CallerKey, ClDevice> lent;
  SharedObjects<StoreKey, CacheStore> stores;
  SharedObjects<std::pair<const ClDevice*, const CacheStore*>, Runtime> runtimes;
};

Registry& TheRegistry() {
  static auto* registry = new Registry;
  return *registry;
}

StatusOr<std::shared_ptr<CacheStore>> OpenStore(const CachePlace& place,
                                                const CompileOptions::Cache& cache) {
  ScopedStartPart part("cache file");
  CacheStoreOptions options;
  options.size_limit = cache.size_limit;
  options.read_only = cache.read_only;
  options.trust.min_generation = cache.min_generation;
  options.trust.allow_untrusted = cache.allow_shared;
  if (!cache.public_key.empty()) {
    StatusOr<PublicKey> parsed = ParsePublicKey(cache.public_key);
    if (!parsed.ok()) return parsed.status().WithPrefix("public key of the cache file");
    options.trust.public_key = *parsed;
  }
  std::shared_ptr<CacheStore> store = CacheStore::Open(place, options);
  if (store->status() != CacheFileStatus::kWarm) {
    const bool rejected = store->status() == CacheFileStatus::kRejected;
    Log(rejected ? LogLevel::kWarning : LogLevel::kInfo, "cache: " + store->reason());
  }
  TakeCrashes(store.get());
  return store;
}

OpenClNeeds NeedsOf(const CompileOptions& options, const CacheStore* store) {
  OpenClNeeds needs;
  needs.environment = EnvironmentUseOf(options.environment);
  needs.library_cache = store != nullptr && (options.tuning != CompileOptions::Tuning::kNone ||
                                             HoldsPlanWithLibraryCalls(*store));
  return needs;
}

StatusOr<std::shared_ptr<ClDevice>> FindDevice(const std::string& spec, const OpenClNeeds& needs) {
  ScopedStartPart part("device");
  MACE_ASSIGN_OR_RETURN(const std::vector<ClDeviceEntry> devices, ListClDevices(needs));
  MACE_ASSIGN_OR_RETURN(const size_t index, ChooseDevice(devices, spec));
  return TheRegistry().devices.Get(devices[index].device,
                                   [&] { return OpenDevice(devices, index); });
}

StatusOr<std::shared_ptr<ClDevice>> GetDevice(const CompileOptions& options,
                                              const CacheStore* store) {
  Registry& registry = TheRegistry();
  const CallerContext caller = {options.opencl.context, options.opencl.device,
                                options.opencl.queue};
  if (caller.context != nullptr) {
    return registry.lent.Get({caller.context, caller.device, caller.queue},
                             [&] { return OpenCallerDevice(caller); });
  }
  const OpenClNeeds needs = NeedsOf(options, store);
  return registry.specs.Get(options.device, [&] { return FindDevice(options.device, needs); });
}

}  // namespace

EnvironmentUse EnvironmentUseOf(CompileOptions::Environment environment) {
  return environment == CompileOptions::Environment::kNever ? EnvironmentUse::kNever
                                                            : EnvironmentUse::kWhenNeeded;
}

StatusOr<std::shared_ptr<CacheStore>> Runtime::OpenCache(const CompileOptions& options,
                                                         const std::optional<CachePlace>& place) {
  // As in Get.
  MACE_RETURN_IF_ERROR(CheckOpenClProcess());
  if (!place.has_value()) return std::shared_ptr<CacheStore>();
  const CompileOptions::Cache& cache = options.cache;
  if (!place->is_path()) return OpenStore(*place, cache);
  const StoreKey key(place->name(), cache.size_limit, cache.public_key, cache.min_generation,
                     cache.allow_shared, cache.read_only);
  return TheRegistry().stores.Get(key, [&] { return OpenStore(*place, cache); });
}

StatusOr<std::shared_ptr<Runtime>> Runtime::Get(const CompileOptions& options,
                                                const std::shared_ptr<CacheStore>& store) {
  // This check comes before any mutex is locked: if a thread of the parent process held the mutex
  // at the fork, it stays locked forever in the child.
  MACE_RETURN_IF_ERROR(CheckOpenClProcess());
  const StatusOr<std::shared_ptr<ClDevice>> device = GetDevice(options, store.get());
  // A missing device is reported as an error of the device, not as a missing file.
  if (device.status().code() == StatusCode::kNotFound) {
    return DeviceError(device.status().message());
  }
  MACE_RETURN_IF_ERROR(device.status());
  return TheRegistry().runtimes.Get({device->get(), store.get()},
                                    [&]() -> StatusOr<std::shared_ptr<Runtime>> {
                                      return std::make_shared<Runtime>(*device, store);
                                    });
}

}  // namespace mace
