// Digests and checksums over bytes: SHA-256 (libsodium, and the processor's own instructions where
// it has them) for identity and integrity, CRC-32 (zlib's polynomial) for files of others that
// carry one.
//
// Ownership: nothing is kept but the running state. Errors: none, hashing cannot fail.
// Thread contract: functions are thread-safe, Sha256Hasher is thread-compatible.
#ifndef MACE_BASE_HASH_H_
#define MACE_BASE_HASH_H_

#include <sodium.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "mace/base/span.h"

namespace mace {

using Sha256Digest = std::array<uint8_t, 32>;

Sha256Digest Sha256(Bytes bytes);

// SHA-256 over bytes that come in pieces.
class Sha256Hasher {
 public:
  Sha256Hasher();

  void Update(Bytes bytes);
  // Adds the field's length as 8 little-endian bytes, then the field. Fields added this way cannot
  // run into one another: ("ab", "c") and ("a", "bc") differ.
  void UpdateField(std::string_view field);
  // The digest of everything added. REQUIRES: called once, nothing is added afterwards.
  Sha256Digest Finish();

 private:
  crypto_hash_sha256_state state_;
};

// CRC-32 as zlib and PNG compute it (polynomial 0xEDB88320, reflected).
uint32_t Crc32(Bytes bytes);

// Two lower-case hexadecimal digits a byte.
std::string ToHex(Bytes bytes);

// The digest as a view, for the functions that take Bytes.
inline Bytes DigestBytes(const Sha256Digest& digest) { return Bytes(digest.data(), digest.size()); }

}  // namespace mace

#endif  // MACE_BASE_HASH_H_
