// What the store finds, keeps and lets go.
#include "mace/cache/store.h"

#include <gtest/gtest.h>

#include "mace/base/files.h"
#include "mace/base/strings.h"
#include "mace/cache/verify.h"
#include "mace/testing/cache/cache_file_fixture.h"

namespace mace {
namespace {

using StoreTest = StoreFixture;

TEST_F(StoreTest, ColdThenWarm) {
  auto cold = CacheStore::Open(path_);
  EXPECT_EQ(CacheFileStatus::kCold, cold->status());
  EXPECT_TRUE(StartsWith(cold->reason(), path_)) << cold->reason();
  EXPECT_EQ(StatusCode::kNotFound, cold->FindProgram(SampleProgram(1).key).status().code());
  ASSERT_TRUE(cold->AddProgram(SampleProgram(1)).ok());
  EXPECT_TRUE(cold->dirty());
  EXPECT_TRUE(cold->FindProgram(SampleProgram(1).key).ok());  // Before any Flush.
  ASSERT_TRUE(cold->AddTuning(SampleDevice(), "conv", "variant 2").ok());
  ASSERT_TRUE(cold->Flush().ok());
  EXPECT_FALSE(cold->dirty());
  EXPECT_TRUE(cold->FindProgram(SampleProgram(1).key).ok());  // And after, from the file.
  EXPECT_EQ(0600u, Mode());

  auto warm = CacheStore::Open(path_);
  EXPECT_EQ(CacheFileStatus::kWarm, warm->status());
  EXPECT_EQ("", warm->reason());
  EXPECT_TRUE(warm->HasProgram(SampleProgram(1).key));
  auto program = warm->FindProgram(SampleProgram(1).key);
  ASSERT_TRUE(program.ok()) << program.status().message();
  EXPECT_EQ(*SampleProgram(1).bytes, program->bytes);
  ASSERT_EQ(1u, program->kernels.size());
  EXPECT_EQ("program 1", program->kernels[0].name);
  EXPECT_EQ("variant 2", warm->FindTuning(SampleDevice(), "conv").value_or("none"));
  EXPECT_FALSE(warm->FindTuning(SampleDevice("2.0"), "conv").has_value());
  EXPECT_FALSE(warm->FindTuning(SampleDevice(), "pool").has_value());
  EXPECT_FALSE(warm->FindProgram(SampleProgram(2).key).ok());
  const CacheCounters counters = warm->counters();
  EXPECT_EQ(1u, counters.hits);
  EXPECT_EQ(1u, counters.misses);
  EXPECT_EQ(100u, counters.loaded_bytes);
  EXPECT_EQ(0u, counters.written_bytes);
  EXPECT_TRUE(VerifyCacheFile(path_).ok());
}

TEST_F(StoreTest, FlushWithoutAdditionsWritesNothing) {
  auto store = CacheStore::Open(path_);
  EXPECT_TRUE(store->Flush().ok());
  EXPECT_FALSE(FileExists(path_));
}

TEST_F(StoreTest, TheLongestUnusedGoFirst) {
  Fill(0, 4);
  {  // A second generation uses program 2 and adds 4.
    auto store = CacheStore::Open(path_);
    ASSERT_TRUE(store->FindProgram(SampleProgram(2).key).ok());
    ASSERT_TRUE(store->AddProgram(SampleProgram(4)).ok());
    ASSERT_TRUE(store->Flush().ok());
  }
  CacheStoreOptions options;
  options.size_limit = 4 * 4096 + 2000;  // Header page and three sections.
  auto store = Fill(5, 6, options);
  EXPECT_EQ(3u, store->counters().evicted);
  for (int kept : {2, 4, 5}) EXPECT_TRUE(Holds(kept)) << kept;
  for (int gone : {0, 1, 3}) EXPECT_FALSE(Holds(gone)) << gone;
  auto info = RandomAccessFile::Open(path_);
  ASSERT_TRUE(info.ok());
  EXPECT_LE((*info)->size(), options.size_limit);
}

TEST_F(StoreTest, AnOldDriversEntryGoesWhenTheNewOneIsWritten) {
  Fill(0, 2);
  auto store = CacheStore::Open(path_);
  ASSERT_TRUE(store->AddTuning(SampleDevice(), "conv", "old").ok());
  ASSERT_TRUE(store->Flush().ok());
  ASSERT_TRUE(store->AddTuning(SampleDevice("2.0"), "conv", "new").ok());
  ProgramRecord renewed = SampleProgram(0);
  renewed.device = SampleDevice("2.0");
  renewed.key.fill(7);
  ASSERT_TRUE(store->AddProgram(renewed).ok());
  ASSERT_TRUE(store->Flush().ok());
  EXPECT_EQ(1u, store->counters().stale);
  EXPECT_FALSE(store->FindTuning(SampleDevice(), "conv").has_value());
  EXPECT_EQ("new", store->FindTuning(SampleDevice("2.0"), "conv").value_or("none"));
  EXPECT_FALSE(Holds(0));
  EXPECT_TRUE(Holds(1));  // Another source: nothing says that it is not wanted any more.
  EXPECT_TRUE(store->FindProgram(renewed.key).ok());

  ProgramRecord elsewhere = SampleProgram(1);  // Another device is no newer driver.
  elsewhere.device.name = "other GPU";
  elsewhere.key.fill(8);
  ASSERT_TRUE(store->AddProgram(elsewhere).ok());
  ASSERT_TRUE(store->Flush().ok());
  EXPECT_TRUE(Holds(1));
}

TEST_F(StoreTest, AReadOnlyStoreWritesNothing) {
  CacheStoreOptions options;
  options.read_only = true;
  auto store = Fill(1, 2, options);
  EXPECT_TRUE(store->FindProgram(SampleProgram(1).key).ok());
  EXPECT_FALSE(FileExists(path_));
}

TEST_F(StoreTest, RecordsThatCannotStandInAFileAreRefused) {
  auto store = CacheStore::Open(path_);
  ProgramRecord program = SampleProgram(1);
  program.bytes = SampleBytes("");
  EXPECT_EQ(StatusCode::kInvalidArgument, store->AddProgram(program).code());
  program = SampleProgram(1);
  program.kind = static_cast<SectionKind>(9);
  EXPECT_EQ(StatusCode::kInvalidArgument, store->AddProgram(program).code());
  program = SampleProgram(1);
  program.kernels[0].name.assign(kLargestText + 1, 'x');
  EXPECT_EQ(StatusCode::kInvalidArgument, store->AddProgram(program).code());
  const std::string long_text(kLargestText + 1, 'x');
  EXPECT_EQ(StatusCode::kInvalidArgument, store->AddTuning(SampleDevice(), "k", long_text).code());
  DeviceIdentity device = SampleDevice();
  device.vendor_name.assign(kLargestDeviceText + 1, 'x');
  EXPECT_EQ(StatusCode::kInvalidArgument, store->AddTuning(device, "k", "v").code());
  EXPECT_FALSE(store->dirty());
}

TEST_F(StoreTest, AProgramWithoutKernelNamesIsKept) {
  auto store = CacheStore::Open(path_);
  ProgramRecord program = SampleProgram(1);
  program.kernels.clear();
  program.kind = SectionKind::kPtx;
  ASSERT_TRUE(store->AddProgram(program).ok());
  ASSERT_TRUE(store->Flush().ok());
  auto found = CacheStore::Open(path_)->FindProgram(program.key);
  ASSERT_TRUE(found.ok());
  EXPECT_TRUE(found->kernels.empty());
  EXPECT_EQ(SectionKind::kPtx, found->kind);
}

TEST_F(StoreTest, TheFileIsItsSectionsAndLittleMore) {
  constexpr size_t kPrograms = 300, kSize = 20000;  // Small ones: a plan's has a few 100 KB.
  auto store = CacheStore::Open(path_);
  for (size_t i = 0; i < kPrograms; ++i) {
    ASSERT_TRUE(store->AddProgram(SampleProgram(static_cast<int>(i), kSize)).ok());
  }
  ASSERT_TRUE(store->Flush().ok());
  const uint64_t aligned = kPrograms * AlignSection(kSize);
  EXPECT_LE(store->counters().written_bytes, aligned + aligned / 20);
}

TEST_F(StoreTest, AThousandPrograms) {
  Fill(0, 1000);
  auto store = CacheStore::Open(path_);
  ASSERT_EQ(CacheFileStatus::kWarm, store->status());
  for (int i = 0; i < 1000; i += 37) {
    auto program = store->FindProgram(SampleProgram(i).key);
    ASSERT_TRUE(program.ok());
    EXPECT_EQ(*SampleProgram(i).bytes, program->bytes);
  }
  EXPECT_EQ(28u * 100, store->counters().loaded_bytes);
}

}  // namespace
}  // namespace mace
