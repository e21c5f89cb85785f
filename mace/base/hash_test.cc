#include "mace/base/hash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "mace/base/coding.h"

namespace mace {
namespace {

TEST(HashTest, Sha256OfKnownTexts) {
  EXPECT_EQ("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ToHex(DigestBytes(Sha256(AsBytes("")))));
  EXPECT_EQ("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ToHex(DigestBytes(Sha256(AsBytes("abc")))));
}

TEST(HashTest, PiecesGiveTheSameDigest) {
  Sha256Hasher hasher;
  hasher.Update(AsBytes("a"));
  hasher.Update(Bytes());
  hasher.Update(AsBytes("bc"));
  EXPECT_EQ(Sha256(AsBytes("abc")), hasher.Finish());
}

// The processor's instructions, in whatever pieces, against libsodium's plain code.
TEST(HashTest, Sha256OfEveryLengthAndPieceAgreesWithPlainCode) {
  std::vector<uint8_t> bytes(1000);
  uint32_t random = 1;
  for (uint8_t& byte : bytes)
    byte = static_cast<uint8_t>((random = random * 1664525 + 1013904223) >> 24);
  for (size_t size = 0; size <= bytes.size(); size += size < 300 ? 1 : 37) {
    Sha256Digest expected;
    crypto_hash_sha256(expected.data(), bytes.data(), size);
    EXPECT_EQ(Sha256(Bytes(bytes.data(), size)), expected) << size << " bytes";
    for (size_t piece : {1, 3, 63, 64, 65, 130}) {
      Sha256Hasher hasher;
      for (size_t at = 0; at < size; at += piece) {
        hasher.Update(Bytes(bytes.data() + at, std::min(piece, size - at)));
      }
      EXPECT_EQ(hasher.Finish(), expected) << size << " bytes in pieces of " << piece;
    }
  }
}

TEST(HashTest, FieldsDoNotRunTogether) {
  Sha256Hasher first, second, by_hand;
  first.UpdateField("ab");
  first.UpdateField("c");
  second.UpdateField("a");
  second.UpdateField("bc");
  by_hand.Update(AsBytes(std::string_view("\2\0\0\0\0\0\0\0ab\1\0\0\0\0\0\0\0c", 19)));
  const Sha256Digest digest = first.Finish();
  EXPECT_NE(digest, second.Finish());
  EXPECT_EQ(digest, by_hand.Finish());
}

TEST(HashTest, Crc32OfTheCheckText) {
  EXPECT_EQ(0xCBF43926u, Crc32(AsBytes("123456789")));
  EXPECT_EQ(0u, Crc32(Bytes()));
}

}  // namespace
}  // namespace mace
