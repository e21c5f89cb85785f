#include "mace/cache/signing.h"

#include <sodium.h>

#include <algorithm>
#include <cctype>

#include "mace/base/atomic_file.h"
#include "mace/base/coding.h"
#include "mace/base/files.h"
#include "mace/base/strings.h"

namespace mace {
namespace {

static_assert(sizeof(PublicKey) == crypto_sign_PUBLICKEYBYTES);
static_assert(sizeof(Signature) == crypto_sign_BYTES);
static_assert(sizeof(SigningKey::secret) == crypto_sign_SECRETKEYBYTES);
static_assert(crypto_sign_SEEDBYTES == 32);

// Says what is signed, so that a signature cannot be carried over from another use of the key.
constexpr std::string_view kContext = "mace-cache-index-v1:";

std::string SignedMessage(const Sha256Digest& index_digest) {
  std::string message(kContext);
  PutBytes(&message, DigestBytes(index_digest));
  return message;
}

const uint8_t* Unsigned(const std::string& text) { return AsBytes(text).data(); }

template <size_t kSize>
Status WriteHex(const std::string& path, const std::array<uint8_t, kSize>& value, uint32_t mode) {
  const std::string line = ToHex(Bytes(value.data(), value.size())) + "\n";
  return WriteFileAtomic(path, AsBytes(line), mode);
}

template <size_t kSize>
Status ParseHex(const std::string& text, std::array<uint8_t, kSize>* value) {
  size_t length = 0;
  const bool good = text.size() == 2 * kSize &&
                    sodium_hex2bin(value->data(), kSize, text.data(), text.size(), nullptr, &length,
                                   nullptr) == 0 &&
                    length == kSize;
  if (good) return Status::Ok();
  return InvalidArgument("is no key, expected " + std::to_string(2 * kSize) +
                         " hexadecimal digits");
}

template <size_t kSize>
Status ReadHex(const std::string& path, std::array<uint8_t, kSize>* value) {
  MACE_ASSIGN_OR_RETURN(std::string text, ReadFile(path, 4096));
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.pop_back();
  const Status status = ParseHex(text, value);
  sodium_memzero(text.data(), text.size());
  return status.WithPrefix(path);
}

}  // namespace

PublicKey SigningKey::public_key() const {
  PublicKey key;
  std::copy(secret.end() - key.size(), secret.end(), key.begin());
  return key;
}

StatusOr<SigningKey> GenerateSigningKey() {
  if (sodium_init() < 0) return Internal("signing: libsodium found no randomness");
  std::array<uint8_t, 32> seed;
  randombytes_buf(seed.data(), seed.size());
  const SigningKey key = SigningKeyFromSeed(seed);
  sodium_memzero(seed.data(), seed.size());
  return key;
}

SigningKey SigningKeyFromSeed(const std::array<uint8_t, 32>& seed) {
  SigningKey key;
  PublicKey public_key;
  crypto_sign_seed_keypair(public_key.data(), key.secret.data(), seed.data());
  return key;
}

Status WriteSigningKey(const std::string& path, const SigningKey& key) {
  return WriteHex(path, key.secret, 0600);
}

Status WritePublicKey(const std::string& path, const PublicKey& key) {
  return WriteHex(path, key, 0644);
}

StatusOr<SigningKey> ReadSigningKey(const std::string& path) {
  SigningKey key;
  MACE_RETURN_IF_ERROR(ReadHex(path, &key.secret));
  // The public half stands in the file too: a damaged one would sign what nobody can check.
  std::array<uint8_t, 32> seed;
  std::copy_n(key.secret.begin(), seed.size(), seed.begin());
  if (SigningKeyFromSeed(seed).secret != key.secret) {
    return InvalidArgument(path + ": is no signing key, its halves do not belong together");
  }
  return key;
}

StatusOr<PublicKey> ReadPublicKey(const std::string& path) {
  PublicKey key;
  MACE_RETURN_IF_ERROR(ReadHex(path, &key));
  return key;
}

StatusOr<PublicKey> ParsePublicKey(const std::string& digits) {
  PublicKey key;
  MACE_RETURN_IF_ERROR(ParseHex(digits, &key).WithPrefix("'" + Printable(digits, 80) + "'"));
  return key;
}

Signature SignIndex(const Sha256Digest& index_digest, const SigningKey& key) {
  const std::string message = SignedMessage(index_digest);
  Signature signature;
  crypto_sign_detached(signature.data(), nullptr, Unsigned(message), message.size(),
                       key.secret.data());
  return signature;
}

bool IndexSignatureFits(const Sha256Digest& index_digest, const Signature& signature,
                        const PublicKey& key) {
  const std::string message = SignedMessage(index_digest);
  return crypto_sign_verify_detached(signature.data(), Unsigned(message), message.size(),
                                     key.data()) == 0;
}

}  // namespace mace
