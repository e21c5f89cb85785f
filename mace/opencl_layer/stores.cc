#include "mace/opencl_layer/stores.h"

#include <chrono>
#include <mutex>
#include <vector>

#include "mace/base/absolute_path.h"
#include "mace/base/files.h"
#include "mace/opencl_layer/scope.h"
#include "mace/opencl_layer/settings.h"

namespace mace {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kFlushInterval(5);

struct Stores {
  std::mutex mutex;
  bool chosen = false;                              // The environment was read.
  std::shared_ptr<CacheStore> chosen_store;         // Null: no cache.
  std::vector<std::shared_ptr<CacheStore>> in_use;  // All stores that were opened.
  Clock::time_point last_flush = Clock::now();
};

Stores& TheStores() {
  static auto* const stores = new Stores;
  return *stores;
}

bool AsksTheSame(const CacheStoreOptions& a, const CacheStoreOptions& b) {
  return a.size_limit == b.size_limit && a.read_only == b.read_only &&
         a.trust.allow_untrusted == b.trust.allow_untrusted &&
         a.trust.public_key == b.trust.public_key &&
         a.trust.min_generation == b.trust.min_generation;
}

// REQUIRES: the mutex is held.
std::shared_ptr<CacheStore> FindOrOpen(const std::string& path, const CacheStoreOptions& options,
                                       Stores* stores) {
  const std::string absolute = AbsolutePath(path);
  for (const std::shared_ptr<CacheStore>& store : stores->in_use) {
    if (store->path() == absolute && AsksTheSame(store->options(), options)) return store;
  }
  stores->in_use.push_back(CacheStore::Open(path, options));
  return stores->in_use.back();
}

enum class FlushWay { kWait, kTry };

bool FlushAll(FlushWay way) {
  std::vector<std::shared_ptr<CacheStore>> stores;
  {
    std::lock_guard<std::mutex> lock(TheStores().mutex);
    stores = TheStores().in_use;
    TheStores().last_flush = Clock::now();
  }
  bool all = true;
  for (const std::shared_ptr<CacheStore>& store : stores) {
    if (!store->dirty() || store->options().read_only) continue;
    Status status = MakeDirectories(DirectoryName(store->path()), 0700);
    if (status.ok()) status = way == FlushWay::kWait ? store->Flush() : store->TryFlush();
    all = all && status.ok();
    // A temporary failure is not reported; the write is tried again later.
    const bool tell = !status.ok() && way == FlushWay::kWait && store->IsNews(status);
    if (tell) LayerWarning("the file is not written: " + status.message());
  }
  return all;
}

}  // namespace

std::shared_ptr<CacheStore> StoreFor(const std::string& path, const CacheStoreOptions& options) {
  std::lock_guard<std::mutex> lock(TheStores().mutex);
  return FindOrOpen(path, options, &TheStores());
}

std::shared_ptr<CacheStore> CurrentStore() {
  if (ThisScope().entered) return ThisScope().store;
  Stores& stores = TheStores();
  std::lock_guard<std::mutex> lock(stores.mutex);
  if (!stores.chosen) {
    const LayerSettings settings = ReadLayerSettings();
    if (!settings.problem.empty()) LayerWarning(settings.problem);
    stores.chosen = true;
    if (settings.file.empty()) return nullptr;
    CacheStoreOptions options;
    options.size_limit = settings.max_bytes;
    stores.chosen_store = FindOrOpen(settings.file, options, &stores);
    if (stores.chosen_store->status() == CacheFileStatus::kRejected) {
      LayerWarning("the file is not used: " + stores.chosen_store->reason());
    }
  }
  return stores.chosen_store;
}

bool FlushStores() { return FlushAll(FlushWay::kWait); }

void FlushStoresNowAndThen() {
  {
    std::lock_guard<std::mutex> lock(TheStores().mutex);
    if (Clock::now() - TheStores().last_flush < kFlushInterval) return;
  }
  // The program continues after this, so it must not wait for another process.
  FlushAll(FlushWay::kTry);
}

}  // namespace mace
