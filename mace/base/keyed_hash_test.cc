#include "mace/base/keyed_hash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace mace {
namespace {

Sha256Digest DigestWith(uint8_t first, uint8_t last) {
  Sha256Digest digest = {};
  digest.front() = first;
  digest.back() = last;
  return digest;
}

TEST(KeyedHash, EqualKeysHaveEqualHashes) {
  EXPECT_EQ(KeyedHash()(std::string("name")), KeyedHash()("name"));
  EXPECT_EQ(KeyedHash()(DigestWith(1, 2)), KeyedHash()(DigestWith(1, 2)));
}

TEST(KeyedHash, EachByteCounts) {
  EXPECT_NE(KeyedHash()("name"), KeyedHash()("nama"));
  EXPECT_NE(KeyedHash()(""), KeyedHash()(std::string(1, '\0')));
  EXPECT_NE(KeyedHash()(DigestWith(1, 2)), KeyedHash()(DigestWith(2, 2)));
  EXPECT_NE(KeyedHash()(DigestWith(1, 2)), KeyedHash()(DigestWith(1, 3)));
}

// Digests that differ only where a cheap hash does not look spread over the places of a table.
TEST(KeyedHash, ChosenDigestsSpread) {
  constexpr size_t kPlaces = 64;
  std::vector<int> counts(kPlaces);
  for (int i = 0; i < 256; ++i) {
    ++counts[KeyedHash()(DigestWith(0, static_cast<uint8_t>(i))) % kPlaces];
  }
  // 4 on average; 40 in one place does not happen by chance.
  EXPECT_LT(*std::max_element(counts.begin(), counts.end()), 40);
}

}  // namespace
}  // namespace mace
