// Files damaged in every way: each is a miss at worst, answers stay right, and the next Flush
// writes a good file.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "mace/base/atomic_file.h"
#include "mace/base/files.h"
#include "mace/cache/encoder.h"
#include "mace/cache/store.h"
#include "mace/cache/verify.h"
#include "mace/testing/cache/cache_file_fixture.h"

namespace mace {
namespace {

class DamageTest : public CacheFileFixture {
 protected:
  void SetUp() override {
    CacheContents contents;
    contents.generation = 3;
    contents.programs = {SampleProgram(1), SampleProgram(2, 5000), SampleProgram(3)};
    contents.tuning.push_back(TuningEntry{SampleDevice(), "conv", "a", 3});
    auto encoded = EncodedCacheFile::Encode(contents, std::nullopt);
    ASSERT_TRUE(encoded.ok());
    for (const Bytes& piece : encoded->Pieces()) PutBytes(&good_, piece);
    ByteReader reader(AsBytes(good_));
    ASSERT_TRUE(header_.DecodeFrom(&reader).ok());
  }

  // In place: no damage needs a durable write, and thousands of fsyncs would take minutes.
  void Put(const std::string& content) const {
    FILE* file = fopen(path_.c_str(), "wb");
    ASSERT_NE(nullptr, file);
    ASSERT_EQ(content.size(), fwrite(content.data(), 1, content.size(), file));
    fclose(file);
    ASSERT_EQ(0, chmod(path_.c_str(), 0600));
  }

  // A found program has the right bytes, whatever became of the file. Returns how many were found.
  int CheckPrograms(CacheStore* store) const {
    int found = 0;
    for (int number = 1; number <= 3; ++number) {
      const ProgramRecord expected = SampleProgram(number, number == 2 ? 5000 : 100);
      auto program = store->FindProgram(expected.key);
      if (!program.ok()) continue;
      ++found;
      EXPECT_EQ(*expected.bytes, program->bytes);
    }
    return found;
  }

  void CheckRepair(CacheStore* store) const {
    ASSERT_TRUE(store->AddProgram(SampleProgram(4)).ok());
    const Status status = store->Flush();
    ASSERT_TRUE(status.ok()) << status.message();
    EXPECT_TRUE(VerifyCacheFile(path_).ok());
    EXPECT_TRUE(CacheStore::Open(path_)->FindProgram(SampleProgram(4).key).ok());
  }

  std::string good_;
  CacheFileHeader header_;
};

TEST_F(DamageTest, EveryTruncationIsAMiss) {
  Put(good_);
  ASSERT_TRUE(VerifyCacheFile(path_).ok());
  for (size_t length = good_.size(); length-- > 0;) {
    // All lengths within the index; within the sections a sample (format_test cuts at every byte).
    if (length > header_.header_size && length < header_.table_offset && length % 61 != 0) continue;
    ASSERT_EQ(0, truncate(path_.c_str(), static_cast<off_t>(length)));
    auto store = CacheStore::Open(path_);
    ASSERT_EQ(CacheFileStatus::kRejected, store->status()) << length;
    ASSERT_EQ(0, CheckPrograms(store.get()));
    ASSERT_FALSE(store->reason().empty());
  }
  auto store = CacheStore::Open(path_);
  EXPECT_NE(std::string::npos, store->reason().find("empty")) << store->reason();
  CheckRepair(store.get());
}

TEST_F(DamageTest, AnyFlippedBitIsNoticed) {
  const size_t file_digest = good_.size() - sizeof(Sha256Digest);
  for (size_t i = 0; i < good_.size(); ++i) {
    // All of the index; of the sections and their padding a sample.
    const bool in_index = i < header_.header_size || i >= header_.table_offset;
    if (!in_index && i % 61 != 0) continue;
    std::string bad = good_;
    bad[i] = static_cast<char>(bad[i] ^ (1 << (i % 8)));
    Put(bad);
    ASSERT_FALSE(VerifyCacheFile(path_).ok()) << i;
    auto store = CacheStore::Open(path_);
    const bool is_miss =
        in_index && i < file_digest;  // Nothing that runs depends on the last digest.
    ASSERT_EQ(is_miss, store->status() == CacheFileStatus::kRejected) << i << store->reason();
    const int found = CheckPrograms(store.get());
    if (is_miss) {
      ASSERT_EQ(0, found);
    } else {
      ASSERT_GE(found, 2) << i;
    }
  }
}

TEST_F(DamageTest, ADamagedSectionIsItsOwnEntrysMiss) {
  std::string bad = good_;
  const size_t at = bad.find("program 2");
  ASSERT_NE(std::string::npos, at);
  bad[at] = 'P';
  Put(bad);
  auto store = CacheStore::Open(path_);
  EXPECT_EQ(CacheFileStatus::kWarm, store->status());
  EXPECT_EQ(StatusCode::kCorruption, store->FindProgram(SampleProgram(2).key).status().code());
  EXPECT_EQ(2, CheckPrograms(store.get()));
  EXPECT_EQ(2u, store->counters().misses);
  EXPECT_EQ(2u, store->counters().damaged);
  EXPECT_EQ(StatusCode::kCorruption, VerifyCacheFile(path_).code());
  CheckRepair(store.get());  // The damaged one is not carried over, the others are.
  EXPECT_EQ(2, CheckPrograms(CacheStore::Open(path_).get()));
}

TEST_F(DamageTest, AFileCutUnderAnOpenStoreIsAMiss) {
  Put(good_);
  auto store = CacheStore::Open(path_);
  ASSERT_EQ(CacheFileStatus::kWarm, store->status());
  ASSERT_EQ(0, truncate(path_.c_str(), 5000));
  EXPECT_EQ(1, CheckPrograms(store.get()));
  EXPECT_EQ(2u, store->counters().damaged);
}

TEST_F(DamageTest, OtherFilesAreRejectedWithAReason) {
  const struct {
    std::string content, reason;
  } kCases[] = {
      {"", "empty"},
      {"M", "truncated"},
      {"hello, this is some text and no cache at all, however long it is", "magic"},
      {good_ + "x", "size"},
      {good_.substr(0, 6) + "\x02" + good_.substr(7), "version"},
      {std::string(1 << 16, '\0'), "magic"},
      {std::string(1 << 16, '\xFF'), "magic"},
      {"MCLP" + std::string("\0\0\1\0", 4) + std::string(1 << 16, '\xFF'), "truncated"},
  };
  for (const auto& [content, reason] : kCases) {
    Put(content);
    auto store = CacheStore::Open(path_);
    EXPECT_EQ(CacheFileStatus::kRejected, store->status());
    EXPECT_NE(std::string::npos, store->reason().find(reason)) << store->reason();
    EXPECT_EQ(std::string::npos, store->reason().find('\n'));
    EXPECT_FALSE(VerifyCacheFile(path_).ok());
    CheckRepair(store.get());
  }
}

TEST_F(DamageTest, AnUnreadableFileIsRejected) {
  if (geteuid() == 0) GTEST_SKIP() << "root reads anyway";
  Put(good_);
  ASSERT_EQ(0, chmod(path_.c_str(), 0));
  auto store = CacheStore::Open(path_);
  EXPECT_EQ(CacheFileStatus::kRejected, store->status());
  CheckRepair(store.get());
}

TEST_F(DamageTest, AKilledWritersTemporaryIsCleanedUp) {
  Put(good_);
  const std::string left = path_ + ".tmp." + std::string(32, 'a');
  ASSERT_TRUE(WriteFileAtomic(left, AsBytes("half a file")).ok());
  auto store = CacheStore::Open(path_);
  EXPECT_EQ(3, CheckPrograms(store.get()));
  CheckRepair(store.get());
  EXPECT_FALSE(FileExists(left));
}

TEST_F(DamageTest, TheGenerationDoesNotWrap) {
  CacheContents contents;
  contents.generation = UINT32_MAX;
  contents.programs = {SampleProgram(1)};
  contents.programs[0].last_used = UINT32_MAX;
  auto encoded = EncodedCacheFile::Encode(contents, std::nullopt);
  ASSERT_TRUE(encoded.ok());
  std::string file;
  for (const Bytes& piece : encoded->Pieces()) PutBytes(&file, piece);
  Put(file);
  CheckRepair(CacheStore::Open(path_).get());
  auto cache = CacheFile::Open(path_, CacheTrust());
  ASSERT_TRUE(cache.ok());
  EXPECT_EQ(1u, (*cache)->index().header.generation);
  EXPECT_EQ(2u, (*cache)->index().kernels.size());
}

}  // namespace
}  // namespace mace
