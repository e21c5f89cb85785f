#include "mace/cache/signing.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mace/base/atomic_file.h"
#include "mace/base/files.h"
#include "mace/cache/maintain.h"
#include "mace/cache/store.h"
#include "mace/cache/verify.h"
#include "mace/testing/cache/decode_all.h"
#include "mace/testing/cache/sample.h"

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

// Signed with key 1, one program, in its second generation.
std::string MakeSigned(const std::string& name) {
  const std::string path = TestPath(name);
  auto writer = CacheStore::Open(path);
  EXPECT_TRUE(writer->AddProgram(SampleProgram(1)).ok());
  EXPECT_TRUE(writer->Flush().ok());
  EXPECT_TRUE(SignCacheFile(path, KeyOf(1)).ok());
  return path;
}

TEST(SigningTest, ASignatureIsNotLostByOversight) {
  const std::string path = MakeSigned("kept"), other = TestPath("other");
  const std::string before = *ReadFile(path, 1 << 20);
  auto store = CacheStore::Open(path);
  ASSERT_TRUE(store->AddProgram(SampleProgram(2)).ok());
  EXPECT_EQ(StatusCode::kFailedPrecondition, store->Flush().code());
  auto plain = CacheStore::Open(other);
  ASSERT_TRUE(plain->AddProgram(SampleProgram(3)).ok());
  ASSERT_TRUE(plain->Flush().ok());
  EXPECT_EQ(StatusCode::kFailedPrecondition, MergeCacheFiles({other}, path).code());
  EXPECT_EQ(StatusCode::kFailedPrecondition, PruneCacheFile(path, {}).status().code());
  // A file that this caller would not have used is not changed either.
  RewriteOptions distrusting;
  distrusting.trust.min_generation = 100;
  EXPECT_EQ(StatusCode::kFailedPrecondition, PruneCacheFile(path, {}, distrusting).status().code());
  EXPECT_EQ(before, *ReadFile(path, 1 << 20));

  RewriteOptions with_key;
  with_key.signing_key = KeyOf(1);
  ASSERT_TRUE(MergeCacheFiles({other}, path, with_key).ok());
  EXPECT_TRUE(VerifyCacheFile(path, KeyOf(1).public_key()).ok());
  RewriteOptions without;
  without.drop_signature = true;
  ASSERT_TRUE(MergeCacheFiles({other}, path, without).ok());
  EXPECT_TRUE(VerifyCacheFile(path).ok());
  EXPECT_FALSE(VerifyCacheFile(path, KeyOf(1).public_key()).ok());
  EXPECT_TRUE(CacheStore::Open(path)->HasProgram(SampleProgram(3).key));
}

TEST(SigningTest, AnOlderFileIsRefusedWhereAskedFor) {
  const std::string path = MakeSigned("older");
  CacheStoreOptions options;
  options.trust.public_key = KeyOf(1).public_key();
  options.trust.min_generation = 2;
  EXPECT_EQ(CacheFileStatus::kWarm, CacheStore::Open(path, options)->status());
  options.trust.min_generation = 3;
  auto store = CacheStore::Open(path, options);
  EXPECT_EQ(CacheFileStatus::kRejected, store->status());
  EXPECT_NE(std::string::npos, store->reason().find("generation 2, expected at least 3"))
      << store->reason();
  EXPECT_FALSE(store->FindProgram(SampleProgram(1).key).ok());
  // Nobody can raise the number without the key.
  std::string raised = *ReadFile(path, 1 << 20);
  constexpr size_t kGenerationOffset = 0x1C;
  ASSERT_EQ(2, raised[kGenerationOffset]);
  raised[kGenerationOffset] = 3;
  FixSizeAndDigest(&raised);
  ASSERT_TRUE(WriteFileAtomic(path, AsBytes(raised), 0600).ok());
  EXPECT_EQ(CacheFileStatus::kRejected, CacheStore::Open(path, options)->status());
  options.trust.public_key.reset();
  EXPECT_EQ(CacheFileStatus::kWarm, CacheStore::Open(path, options)->status());
}

TEST(SigningTest, AGenerationIsGivenAndOnlyRises) {
  const std::string path = MakeSigned("given");
  const auto header = [&] { return (*CacheFile::Open(path, {}))->index(); };
  ASSERT_TRUE(SignCacheFile(path, KeyOf(1), 40).ok());
  EXPECT_EQ(40u, header().header.generation);
  EXPECT_LE(header().kernels[0].last_used, 40u);
  EXPECT_GE(header().kernels[0].last_used, 38u);  // The last use stays as long ago as it was.
  for (uint32_t low : {1u, 39u, 40u}) {
    EXPECT_EQ(StatusCode::kInvalidArgument, SignCacheFile(path, KeyOf(1), low).code());
  }
  ASSERT_TRUE(SignCacheFile(path, KeyOf(1), 41).ok());
  ASSERT_TRUE(SignCacheFile(path, KeyOf(1)).ok());
  EXPECT_EQ(42u, header().header.generation);
}

TEST(SigningTest, WhatIsWrittenIsNotTooOldForItsWriter) {
  const std::string path = TestPath("fresh");
  CacheStoreOptions options;
  options.trust.min_generation = 7;
  for (int round = 0; round < 2; ++round) {
    auto store = CacheStore::Open(path, options);
    EXPECT_EQ(round == 0 ? CacheFileStatus::kCold : CacheFileStatus::kWarm, store->status());
    ASSERT_TRUE(store->AddProgram(SampleProgram(round)).ok());
    ASSERT_TRUE(store->Flush().ok());
  }
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
