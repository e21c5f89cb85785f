#include "mace/cache/signing.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mace/base/atomic_file.h"
#include "mace/base/files.h"
#include "mace/cache/sample.h"
#include "mace/cache/store.h"
#include "mace/cache/verify.h"

namespace mace {
namespace {

std::string TestPath(const std::string& name) {
  return JoinPath(testing::TempDir(), "signing_test." + std::to_string(getpid()) + "." + name);
}

SigningKey KeyOf(uint8_t number) {
  std::array<uint8_t, 32> seed;
  seed.fill(number);
  return SigningKeyFromSeed(seed);
}

CacheStoreOptions SignedOptions(const SigningKey& key) {
  CacheStoreOptions options;
  options.signing_key = key;
  options.trust.public_key = key.public_key();
  return options;
}

TEST(SigningTest, ASignatureFitsItsDigestAndKeyOnly) {
  const SigningKey key = KeyOf(1);
  const Sha256Digest digest = Sha256(AsBytes("index")), other = Sha256(AsBytes("other"));
  const Signature signature = SignIndex(digest, key);
  EXPECT_TRUE(IndexSignatureFits(digest, signature, key.public_key()));
  EXPECT_FALSE(IndexSignatureFits(other, signature, key.public_key()));
  EXPECT_FALSE(IndexSignatureFits(digest, signature, KeyOf(2).public_key()));
  Signature changed = signature;
  changed[10] ^= 1;
  EXPECT_FALSE(IndexSignatureFits(digest, changed, key.public_key()));
}

TEST(SigningTest, KeyFilesRoundTrip) {
  auto key = GenerateSigningKey();
  ASSERT_TRUE(key.ok());
  EXPECT_NE(key->secret, GenerateSigningKey()->secret);
  ASSERT_TRUE(WriteSigningKey(TestPath("secret"), *key).ok());
  ASSERT_TRUE(WritePublicKey(TestPath("public"), key->public_key()).ok());
  EXPECT_EQ(key->secret, ReadSigningKey(TestPath("secret"))->secret);
  EXPECT_EQ(key->public_key(), *ReadPublicKey(TestPath("public")));
  struct stat info = {};
  ASSERT_EQ(0, stat(TestPath("secret").c_str(), &info));
  EXPECT_EQ(0600u, info.st_mode & 0777u);
  EXPECT_EQ(StatusCode::kInvalidArgument, ReadPublicKey(TestPath("secret")).status().code());
  EXPECT_EQ(StatusCode::kInvalidArgument, ReadSigningKey(TestPath("public")).status().code());
  SigningKey torn = *key;
  torn.secret[40] ^= 1;
  ASSERT_TRUE(WriteSigningKey(TestPath("torn"), torn).ok());
  EXPECT_FALSE(ReadSigningKey(TestPath("torn")).ok());
}

TEST(SigningTest, WithATrustedKeyOnlyItsFilesAreUsed) {
  const std::string path = TestPath("cache");
  auto writer = CacheStore::Open(path, SignedOptions(KeyOf(1)));
  ASSERT_TRUE(writer->AddProgram(SampleProgram(1)).ok());
  ASSERT_TRUE(writer->Flush().ok());
  EXPECT_TRUE(VerifyCacheFile(path).ok());
  EXPECT_TRUE(VerifyCacheFile(path, KeyOf(1).public_key()).ok());
  EXPECT_FALSE(VerifyCacheFile(path, KeyOf(2).public_key()).ok());
  EXPECT_EQ(CacheFileStatus::kWarm, CacheStore::Open(path)->status());
  EXPECT_EQ(CacheFileStatus::kRejected, CacheStore::Open(path, SignedOptions(KeyOf(2)))->status());

  CacheStoreOptions reader_options;
  reader_options.trust.public_key = KeyOf(1).public_key();
  auto reader = CacheStore::Open(path, reader_options);
  EXPECT_EQ(CacheFileStatus::kWarm, reader->status());
  EXPECT_TRUE(reader->FindProgram(SampleProgram(1).key).ok());
  ASSERT_TRUE(reader->AddProgram(SampleProgram(2)).ok());
  EXPECT_EQ(StatusCode::kUnsupported, reader->Flush().code());  // It could not sign what it writes.

  const std::string good = *ReadFile(path, 1 << 20);
  for (size_t i = good.size() - kSignatureBlockSize; i < good.size(); i += 5) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    ASSERT_TRUE(WriteFileAtomic(path, AsBytes(bad), 0600).ok());
    EXPECT_FALSE(VerifyCacheFile(path).ok()) << i;
    EXPECT_EQ(CacheFileStatus::kRejected, CacheStore::Open(path, reader_options)->status()) << i;
  }

  const std::string unsigned_path = TestPath("unsigned");
  auto plain = CacheStore::Open(unsigned_path);
  ASSERT_TRUE(plain->AddProgram(SampleProgram(1)).ok());
  ASSERT_TRUE(plain->Flush().ok());
  EXPECT_EQ(CacheFileStatus::kRejected, CacheStore::Open(unsigned_path, reader_options)->status());
}

}  // namespace
}  // namespace mace
