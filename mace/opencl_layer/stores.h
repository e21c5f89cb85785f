// The cache files in use: the one of the environment, and those named by programs that know the
// layer.
//
// Errors: a line on stderr; a file that cannot be used counts as empty.
// Thread contract: thread-safe.
#ifndef MACE_OPENCL_LAYER_STORES_H_
#define MACE_OPENCL_LAYER_STORES_H_

#include <cstdint>
#include <memory>
#include <string>

#include "mace/cache/store.h"

namespace mace {

// The store for a file and its options, opened at the first call and reused later.
std::shared_ptr<CacheStore> StoreFor(const std::string& path, const CacheStoreOptions& options);

// The store for programs that this thread builds: that of its scope, else that of the environment.
// Null: no cache.
std::shared_ptr<CacheStore> CurrentStore();

// Writes the additions. False if a file could not be written.
bool FlushStores();
// FlushStores without waiting for other processes, and only if the last write was some seconds ago,
// because each write replaces the whole file.
void FlushStoresNowAndThen();

}  // namespace mace

#endif  // MACE_OPENCL_LAYER_STORES_H_
