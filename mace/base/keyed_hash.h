// A hash for tables whose keys a file, an option or a caller chooses.
//
// Nobody who does not know the key of this process can choose names that fall into one place of a
// hash table, which would make each look-up as slow as a walk over the whole table. The order of
// such a table changes from process to process: nothing that anybody sees may depend on it.
// Thread contract: thread-safe.
#ifndef MACE_BASE_KEYED_HASH_H_
#define MACE_BASE_KEYED_HASH_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "mace/base/hash.h"

namespace mace {

// SipHash-2-4 under a key that is drawn once in a process.
struct KeyedHash {
  size_t operator()(std::string_view text) const;
  size_t operator()(const Sha256Digest& digest) const;
};

template <typename Value>
using NameMap = std::unordered_map<std::string, Value, KeyedHash>;
using NameSet = std::unordered_set<std::string, KeyedHash>;

}  // namespace mace

#endif  // MACE_BASE_KEYED_HASH_H_
