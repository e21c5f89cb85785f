// The cache files in use: the environment's, and those that a program that knows the layer names.
//
// Errors: a line on stderr; a file that cannot be used is an empty one. Thread contract:
// thread-safe.
#ifndef MACE_OPENCL_LAYER_STORES_H_
#define MACE_OPENCL_LAYER_STORES_H_

#include <cstdint>
#include <memory>
#include <string>

#include "mace/cache/store.h"

namespace mace {

// The store for a file and options: opened at the first call, and given again at later ones.
std::shared_ptr<CacheStore> StoreFor(const std::string& path, const CacheStoreOptions& options);

// The store for programs that this thread builds: that of its scope, else that of the environment.
// Null: no cache.
std::shared_ptr<CacheStore> CurrentStore();

// Writes what was added. False where a file could not be written.
bool FlushStores();
// FlushStores without a wait for other processes, and only where the last writing is seconds ago,
// because a file is always replaced as a whole.
void FlushStoresNowAndThen();

}  // namespace mace

#endif  // MACE_OPENCL_LAYER_STORES_H_
