#include "mace/base/hash.h"

#include <algorithm>

#include "mace/base/coding.h"
#include "mace/base/sha256_blocks.h"

namespace mace {
namespace {

constexpr size_t kBlock = 64;  // Bytes of a block of SHA-256.

struct Crc32Table {
  std::array<uint32_t, 256> entries;

  constexpr Crc32Table() : entries() {
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) {
        value = (value >> 1) ^ ((value & 1) != 0 ? 0xEDB88320u : 0u);
      }
      entries[i] = value;
    }
  }
};

}  // namespace

Sha256Digest Sha256(Bytes bytes) {
  Sha256Hasher hasher;
  hasher.Update(bytes);
  return hasher.Finish();
}

Sha256Hasher::Sha256Hasher() { crypto_hash_sha256_init(&state_); }

void Sha256Hasher::Update(Bytes bytes) {
  if (bytes.empty()) return;
  if (HasSha256Instructions()) {
    // libsodium's state is public: the words of the standard, the bits so far, an unfinished block.
    const size_t waiting = static_cast<size_t>(state_.count / 8 % kBlock);
    const size_t first = std::min(bytes.size(), (kBlock - waiting) % kBlock);
    if (first > 0) crypto_hash_sha256_update(&state_, bytes.data(), first);
    const size_t blocks = (bytes.size() - first) / kBlock;
    Sha256Blocks(state_.state, bytes.data() + first, blocks);
    state_.count += uint64_t{8} * kBlock * blocks;
    bytes = Bytes(bytes.data() + first + kBlock * blocks, bytes.size() - first - kBlock * blocks);
    if (bytes.empty()) return;
  }
  crypto_hash_sha256_update(&state_, bytes.data(), bytes.size());
}

void Sha256Hasher::UpdateField(std::string_view field) {
  std::string length;
  PutFixed64(&length, field.size());
  Update(AsBytes(length));
  Update(AsBytes(field));
}

Sha256Digest Sha256Hasher::Finish() {
  Sha256Digest digest;
  crypto_hash_sha256_final(&state_, digest.data());
  return digest;
}

uint32_t Crc32(Bytes bytes) {
  static constexpr Crc32Table kTable;
  uint32_t crc = 0xFFFFFFFFu;
  for (uint8_t byte : bytes) crc = (crc >> 8) ^ kTable.entries[(crc ^ byte) & 0xFF];
  return crc ^ 0xFFFFFFFFu;
}

std::string ToHex(Bytes bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (uint8_t byte : bytes) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

}  // namespace mace
