#include "mace/layer/stores.h"

#include <chrono>
#include <mutex>
#include <vector>

#include "mace/base/files.h"
#include "mace/layer/settings.h"

namespace mace {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kFlushInterval(5);

struct Stores {
  std::mutex mutex;
  bool chosen = false;
  std::shared_ptr<CacheStore> current;              // Null: no cache.
  std::vector<std::shared_ptr<CacheStore>> in_use;  // All that were opened.
  Clock::time_point last_flush = Clock::now();
};

Stores& TheStores() {
  static auto* const stores = new Stores;
  return *stores;
}

void OpenStore(const std::string& path, uint64_t max_bytes, Stores* stores) {
  stores->chosen = true;
  stores->current = nullptr;
  if (path.empty()) return;
  for (const std::shared_ptr<CacheStore>& store : stores->in_use) {
    if (store->path() == path) stores->current = store;
  }
  if (stores->current != nullptr) return;
  CacheStoreOptions options;
  options.size_limit = max_bytes;
  stores->current = CacheStore::Open(path, options);
  stores->in_use.push_back(stores->current);
  if (stores->current->status() == CacheFileStatus::kRejected) {
    LayerWarning("the file is not used: " + stores->current->reason());
  }
}

}  // namespace

void UseCacheFile(const std::string& path, uint64_t max_bytes) {
  std::lock_guard<std::mutex> lock(TheStores().mutex);
  OpenStore(path, max_bytes, &TheStores());
}

std::shared_ptr<CacheStore> CurrentStore() {
  Stores& stores = TheStores();
  std::lock_guard<std::mutex> lock(stores.mutex);
  if (!stores.chosen) {
    const LayerSettings settings = ReadLayerSettings();
    if (!settings.problem.empty()) LayerWarning(settings.problem);
    OpenStore(settings.file, settings.max_bytes, &stores);
  }
  return stores.current;
}

bool FlushStores() {
  std::vector<std::shared_ptr<CacheStore>> stores;
  {
    std::lock_guard<std::mutex> lock(TheStores().mutex);
    stores = TheStores().in_use;
    TheStores().last_flush = Clock::now();
  }
  bool all = true;
  for (const std::shared_ptr<CacheStore>& store : stores) {
    if (!store->dirty()) continue;
    Status status = MakeDirectories(DirectoryName(store->path()), 0700);
    if (status.ok()) status = store->Flush();
    if (!status.ok()) LayerWarning("the file is not written: " + status.message());
    all = all && status.ok();
  }
  return all;
}

void FlushStoresNowAndThen() {
  {
    std::lock_guard<std::mutex> lock(TheStores().mutex);
    if (Clock::now() - TheStores().last_flush < kFlushInterval) return;
  }
  FlushStores();
}

}  // namespace mace
