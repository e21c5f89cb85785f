#include "mace/base/keyed_hash.h"

#include <sodium.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>

namespace mace {
namespace {

using Key = std::array<unsigned char, crypto_shorthash_KEYBYTES>;

Key DrawKey() {
  Key key = {};
  if (sodium_init() >= 0) {
    crypto_shorthash_keygen(key.data());
    return key;
  }
  // A system without a source of randomness: what a file's maker can at least not know beforehand.
  const int64_t parts[] = {std::chrono::steady_clock::now().time_since_epoch().count(),
                           static_cast<int64_t>(reinterpret_cast<uintptr_t>(&key))};
  static_assert(sizeof(parts) == sizeof(Key));
  std::memcpy(key.data(), parts, sizeof(parts));
  return key;
}

size_t Hash(const void* data, size_t size) {
  static const Key key = DrawKey();
  uint64_t hash = 0;
  static_assert(sizeof(hash) == crypto_shorthash_BYTES);
  crypto_shorthash(reinterpret_cast<unsigned char*>(&hash), static_cast<const unsigned char*>(data),
                   size, key.data());
  return static_cast<size_t>(hash);
}

}  // namespace

size_t KeyedHash::operator()(std::string_view text) const { return Hash(text.data(), text.size()); }

size_t KeyedHash::operator()(const Sha256Digest& digest) const {
  return Hash(digest.data(), digest.size());
}

}  // namespace mace
