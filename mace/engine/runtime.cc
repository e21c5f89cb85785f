#include "mace/engine/runtime.h"

#include <optional>
#include <tuple>
#include <utility>

#include "mace/base/absolute_path.h"
#include "mace/base/log.h"
#include "mace/base/shared_objects.h"
#include "mace/base/start_trace.h"
#include "mace/cl/opencl_process.h"
#include "mace/tune/tuned_plan.h"

namespace mace {
namespace {

// The file, and every option that two users of one store must agree on.
using StoreKey = std::tuple<std::string, uint64_t, std::string, uint32_t, bool, bool>;

// Context, device and queue of the app.
using CallerKey = std::tuple<void*, void*, void*>;

// The objects that are alive in this process. Never destroyed, since a model may outlive static
// objects.
struct Registry {
  SharedObjects<std::string, ClDevice> specs;  // By the name that a caller gives.
  SharedObjects<cl_device_id, ClDevice> devices;
  SharedObjects<CallerKey, ClDevice> lent;
  SharedObjects<StoreKey, CacheStore> stores;
  SharedObjects<std::pair<const ClDevice*, const CacheStore*>, Runtime> runtimes;
};

Registry& TheRegistry() {
  static auto* registry = new Registry;
  return *registry;
}

// `place`: in place of the key's path.
StatusOr<std::shared_ptr<CacheStore>> OpenStore(
    const StoreKey& key, const std::optional<CachePlace>& place = std::nullopt) {
  ScopedStartPart part("cache file");
  CacheStoreOptions options;
  std::string path, public_key;
  std::tie(path, options.size_limit, public_key, options.trust.min_generation,
           options.trust.allow_untrusted, options.read_only) = key;
  if (!public_key.empty()) {
    StatusOr<PublicKey> parsed = ParsePublicKey(public_key);
    if (!parsed.ok()) return parsed.status().WithPrefix("public key of the cache file");
    options.trust.public_key = *parsed;
  }
  std::shared_ptr<CacheStore> store =
      place.has_value() ? CacheStore::Open(*place, options) : CacheStore::Open(path, options);
  if (store->status() != CacheFileStatus::kWarm) {
    const bool rejected = store->status() == CacheFileStatus::kRejected;
    Log(rejected ? LogLevel::kWarning : LogLevel::kInfo, "cache: " + store->reason());
  }
  return store;
}

// Null where no cache file is named.
StatusOr<std::shared_ptr<CacheStore>> GetStore(const Options& options) {
  if (options.cache_path.empty() && !options.cache_place.has_value()) {
    return std::shared_ptr<CacheStore>();
  }
  const StoreKey key(AbsolutePath(options.cache_path), options.cache_size_limit,
                     options.cache_public_key, options.cache_min_generation,
                     options.cache_allow_shared, options.cache_read_only);
  if (options.cache_place.has_value()) return OpenStore(key, options.cache_place);
  return TheRegistry().stores.Get(key, [&] { return OpenStore(key); });
}

OpenClNeeds NeedsOf(const Options& options, const CacheStore* store) {
  OpenClNeeds needs;
  needs.environment = options.environment;
  needs.library_cache = store != nullptr && (options.tuning.level != TuningLevel::kNone ||
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

StatusOr<std::shared_ptr<ClDevice>> GetDevice(const Options& options, const CacheStore* store) {
  Registry& registry = TheRegistry();
  const CallerContext& caller = options.caller;
  if (caller.context != nullptr) {
    return registry.lent.Get({caller.context, caller.device, caller.queue},
                             [&] { return OpenCallerDevice(caller); });
  }
  const OpenClNeeds needs = NeedsOf(options, store);
  return registry.specs.Get(options.device, [&] { return FindDevice(options.device, needs); });
}

}  // namespace

StatusOr<std::shared_ptr<Runtime>> Runtime::Get(const Options& options) {
  // Before any mutex, which a thread of the parent process may have held at the fork.
  MACE_RETURN_IF_ERROR(CheckOpenClProcess());
  MACE_ASSIGN_OR_RETURN(const std::shared_ptr<CacheStore> store, GetStore(options));
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
