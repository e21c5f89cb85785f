// Ed25519 over a cache file's index digest, by libsodium. Through the digests in the index the
// signature covers every byte that runs.
//
// Thread contract: thread-safe.
#ifndef MACE_CACHE_SIGNING_H_
#define MACE_CACHE_SIGNING_H_

#include <array>
#include <cstdint>
#include <string>

#include "mace/base/hash.h"
#include "mace/base/status.h"
#include "mace/cache/format.h"

namespace mace {

// Seed and public key, as libsodium keeps a secret key.
struct SigningKey {
  std::array<uint8_t, 64> secret = {};

  PublicKey public_key() const;
};

// A new random key; kInternal when the system has no randomness.
StatusOr<SigningKey> GenerateSigningKey();
// The key that belongs to a seed of 32 bytes.
SigningKey SigningKeyFromSeed(const std::array<uint8_t, 32>& seed);

// The files of `mace cache keygen`: one line of hexadecimal digits, the secret one with mode 0600.
Status WriteSigningKey(const std::string& path, const SigningKey& key);
Status WritePublicKey(const std::string& path, const PublicKey& key);
StatusOr<SigningKey> ReadSigningKey(const std::string& path);
StatusOr<PublicKey> ReadPublicKey(const std::string& path);
// 64 hexadecimal digits, for a key that a program carries in its text.
StatusOr<PublicKey> ParsePublicKey(const std::string& digits);

Signature SignIndex(const Sha256Digest& index_digest, const SigningKey& key);
bool IndexSignatureFits(const Sha256Digest& index_digest, const Signature& signature,
                        const PublicKey& key);

}  // namespace mace

#endif  // MACE_CACHE_SIGNING_H_
