// The cache files in use: the environment's, and those that a program that knows the layer names.
//
// Errors: a line on stderr; a file that cannot be used is an empty one. Thread contract:
// thread-safe.
#ifndef MACE_LAYER_STORES_H_
#define MACE_LAYER_STORES_H_

#include <cstdint>
#include <memory>
#include <string>

#include "mace/cache/store.h"

namespace mace {

// The same store for the same file and options, opened at the first call.
std::shared_ptr<CacheStore> StoreFor(const std::string& path, const CacheStoreOptions& options);

// For what this thread builds: its scope's, else that of the environment. Null: no cache.
std::shared_ptr<CacheStore> CurrentStore();

// Writes what was added. False where a file could not be written.
bool FlushStores();
// The same without a wait for other processes, and only where the last writing is seconds ago: a
// file is always replaced whole.
void FlushStoresNowAndThen();

}  // namespace mace

#endif  // MACE_LAYER_STORES_H_
