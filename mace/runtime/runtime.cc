#include "mace/runtime/runtime.h"

#include <map>
#include <mutex>
#include <tuple>
#include <utility>

#include "mace/base/log.h"
#include "mace/base/start_trace.h"

namespace mace {
namespace {

// All that makes two runtimes different: the device, then every option of the cache.
using RuntimeKey = std::tuple<std::string, std::string, uint64_t, std::string, bool, bool>;

RuntimeKey KeyOf(const Options& options) {
  return RuntimeKey(options.device, options.cache_path, options.cache_size_limit,
                    options.cache_public_key, options.cache_allow_shared, options.cache_read_only);
}

// What is alive in this process. Never destroyed: engines may outlive static objects.
struct Registry {
  std::mutex mutex;
  std::map<std::string, std::weak_ptr<ClDevice>> devices;
  std::map<RuntimeKey, std::weak_ptr<Runtime>> runtimes;
};

Registry& TheRegistry() {
  static auto* registry = new Registry;
  return *registry;
}

// Null where no cache file is named.
StatusOr<std::shared_ptr<CacheStore>> OpenStore(const Options& options) {
  if (options.cache_path.empty()) return std::shared_ptr<CacheStore>();
  ScopedStartPart part("cache file");
  CacheStoreOptions store_options;
  store_options.size_limit = options.cache_size_limit;
  store_options.read_only = options.cache_read_only;
  store_options.trust.allow_untrusted = options.cache_allow_shared;
  if (!options.cache_public_key.empty()) {
    StatusOr<PublicKey> key = ParsePublicKey(options.cache_public_key);
    if (!key.ok()) return key.status().WithPrefix("public key of the cache file");
    store_options.trust.public_key = *key;
  }
  std::shared_ptr<CacheStore> store = CacheStore::Open(options.cache_path, store_options);
  if (store->status() != CacheFileStatus::kWarm) {
    const bool rejected = store->status() == CacheFileStatus::kRejected;
    Log(rejected ? LogLevel::kWarning : LogLevel::kInfo, "cache: " + store->reason());
  }
  return store;
}

}  // namespace

StatusOr<std::shared_ptr<Runtime>> Runtime::Get(const Options& options) {
  Registry& registry = TheRegistry();
  std::lock_guard<std::mutex> lock(registry.mutex);
  std::weak_ptr<Runtime>& known = registry.runtimes[KeyOf(options)];
  if (std::shared_ptr<Runtime> runtime = known.lock()) return runtime;
  MACE_ASSIGN_OR_RETURN(std::shared_ptr<CacheStore> store, OpenStore(options));
  std::weak_ptr<ClDevice>& known_device = registry.devices[options.device];
  std::shared_ptr<ClDevice> device = known_device.lock();
  if (device == nullptr) {
    ScopedStartPart part("device");
    StatusOr<std::shared_ptr<ClDevice>> opened = OpenDevice(options.device);
    // For an engine a missing device is a fault of the device, not a file that is not there.
    if (opened.status().code() == StatusCode::kNotFound)
      return DeviceError(opened.status().message());
    MACE_ASSIGN_OR_RETURN(device, std::move(opened));
    known_device = device;
  }
  std::shared_ptr<Runtime> runtime(new Runtime(std::move(device), std::move(store)));
  known = runtime;
  return runtime;
}

}  // namespace mace
