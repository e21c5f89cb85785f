// The cache files in use: one, unless a program that knows the layer names others.
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

// Says from here on which file is used; until then the environment says it. Empty: none.
void UseCacheFile(const std::string& path, uint64_t max_bytes);

// For programs built from here on; null: no cache.
std::shared_ptr<CacheStore> CurrentStore();

// Writes what was added. False where a file could not be written.
bool FlushStores();
// The same, but only where the last writing is seconds ago: a file is always replaced whole.
void FlushStoresNowAndThen();

}  // namespace mace

#endif  // MACE_LAYER_STORES_H_
