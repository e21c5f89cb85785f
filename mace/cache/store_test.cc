#include "mace/cache/store.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "mace/base/atomic_file.h"
#include "mace/base/clock.h"
#include "mace/base/file_lock.h"
#include "mace/base/files.h"
#include "mace/base/strings.h"
#include "mace/cache/verify.h"
#include "mace/testing/cache/sample.h"

namespace mace {
namespace {

class StoreTest : public testing::Test {
 protected:
  void SetUp() override {
    const testing::TestInfo* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = JoinPath(testing::TempDir(),
                       std::string("store_test.") + test->name() + "." + std::to_string(getpid()));
    ASSERT_TRUE(MakeDirectories(folder_).ok());
    path_ = JoinPath(folder_, kCacheFileName);
  }

  // Writes the programs [first, last) to the file and gives the store that did.
  std::unique_ptr<CacheStore> Fill(int first, int last, const CacheStoreOptions& options = {}) {
    auto store = CacheStore::Open(path_, options);
    for (int i = first; i < last; ++i) EXPECT_TRUE(store->AddProgram(SampleProgram(i)).ok());
    const Status status = store->Flush();
    EXPECT_TRUE(status.ok()) << status.message();
    return store;
  }

  bool Holds(int number, const CacheStoreOptions& options = {}) {
    return CacheStore::Open(path_, options)->FindProgram(SampleProgram(number).key).ok();
  }

  uint32_t Mode() const {
    struct stat info = {};
    EXPECT_EQ(0, stat(path_.c_str(), &info));
    return info.st_mode & 07777;
  }

  std::string folder_;
  std::string path_;
};

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

TEST_F(StoreTest, TwoWritersLoseNothing) {
  auto first = CacheStore::Open(path_);
  auto second = CacheStore::Open(path_);
  ASSERT_TRUE(first->AddProgram(SampleProgram(1)).ok());
  ASSERT_TRUE(second->AddProgram(SampleProgram(2)).ok());
  ASSERT_TRUE(first->Flush().ok());
  ASSERT_TRUE(second->Flush().ok());
  EXPECT_TRUE(second->FindProgram(SampleProgram(1).key).ok());
  EXPECT_TRUE(Holds(1));
  EXPECT_TRUE(Holds(2));
}

TEST_F(StoreTest, ManyWritersAndReadersAtOnce) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 5; ++i) {
        auto store = CacheStore::Open(path_);
        EXPECT_NE(CacheFileStatus::kRejected, store->status()) << store->reason();
        EXPECT_TRUE(store->AddProgram(SampleProgram(100 * t + i)).ok());
        const Status status = store->Flush();
        EXPECT_TRUE(status.ok()) << status.message();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int t = 0; t < 4; ++t) {
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(Holds(100 * t + i)) << t << " " << i;
  }
}

TEST_F(StoreTest, OneStoreIsSharedByThreads) {
  auto store = Fill(0, 10);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&store, t] {
      for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(store->FindProgram(SampleProgram(i).key).ok());
        EXPECT_TRUE(store->AddProgram(SampleProgram(100 * (t + 1) + i)).ok());
        if (i % 5 == 0) {
          EXPECT_TRUE(store->Flush().ok());
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(store->Flush().ok());
  for (int t = 0; t < 5; ++t) EXPECT_TRUE(Holds(100 * t + 9)) << t;
}

TEST_F(StoreTest, AReaderKeepsItsFileWhileAnotherReplacesIt) {
  Fill(1, 3);
  auto reader = CacheStore::Open(path_);
  CacheStoreOptions small;
  small.size_limit = 1;  // Leaves nothing of the old.
  Fill(9, 10, small);
  EXPECT_FALSE(Holds(1));
  EXPECT_TRUE(reader->FindProgram(SampleProgram(1).key).ok());
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

TEST_F(StoreTest, WhatIsNoFileIsRejectedAndLeftAlone) {
  ASSERT_TRUE(MakeDirectories(path_).ok());
  auto store = CacheStore::Open(path_);
  EXPECT_EQ(CacheFileStatus::kRejected, store->status());
  EXPECT_TRUE(EndsWith(store->reason(), "is a directory")) << store->reason();
  ASSERT_TRUE(store->AddProgram(SampleProgram(1)).ok());
  EXPECT_FALSE(store->Flush().ok());
  EXPECT_TRUE(store->FindProgram(SampleProgram(1).key).ok());  // Nothing is lost.
  EXPECT_TRUE(store->dirty());

  ASSERT_EQ(0, rmdir(path_.c_str()));
  ASSERT_EQ(0, mkfifo(path_.c_str(), 0600));
  auto on_fifo = CacheStore::Open(path_);  // Does not hang.
  EXPECT_EQ(CacheFileStatus::kRejected, on_fifo->status());
  ASSERT_TRUE(on_fifo->AddProgram(SampleProgram(1)).ok());
  EXPECT_FALSE(on_fifo->Flush().ok());

  ASSERT_EQ(0, unlink(path_.c_str()));  // Once the way is free, what was held is written.
  EXPECT_TRUE(store->Flush().ok());
  EXPECT_TRUE(Holds(1));
}

TEST_F(StoreTest, AFolderThatCannotBeWrittenIsAStatus) {
  ASSERT_TRUE(WriteFileAtomic(path_, AsBytes("a file")).ok());
  auto below_file = CacheStore::Open(JoinPath(path_, "cache.bin"));
  EXPECT_EQ(CacheFileStatus::kRejected, below_file->status());
  ASSERT_TRUE(below_file->AddProgram(SampleProgram(1)).ok());
  EXPECT_EQ(StatusCode::kIoError, below_file->Flush().code());
  auto missing = CacheStore::Open(JoinPath(folder_, "missing/cache.bin"));
  EXPECT_EQ(CacheFileStatus::kCold, missing->status());
  ASSERT_TRUE(missing->AddProgram(SampleProgram(1)).ok());
  EXPECT_EQ(StatusCode::kIoError, missing->Flush().code());
  EXPECT_TRUE(missing->FindProgram(SampleProgram(1).key).ok());
  if (geteuid() == 0) return;  // Root writes anyway.
  const std::string read_only = JoinPath(folder_, "read_only");
  ASSERT_TRUE(MakeDirectories(read_only, 0500).ok());
  auto store = CacheStore::Open(JoinPath(read_only, "cache.bin"));
  ASSERT_TRUE(store->AddProgram(SampleProgram(1)).ok());
  EXPECT_EQ(StatusCode::kIoError, store->Flush().code());
}

TEST_F(StoreTest, AFullDiskLeavesTheOldFile) {
  Fill(1, 2);
  auto store = CacheStore::Open(path_);
  ASSERT_TRUE(store->AddProgram(SampleProgram(2, 100000)).ok());
  signal(SIGXFSZ, SIG_IGN);
  struct rlimit before;
  ASSERT_EQ(0, getrlimit(RLIMIT_FSIZE, &before));
  const struct rlimit small = {20000, before.rlim_max};
  ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &small));
  const Status status = store->Flush();
  ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &before));
  EXPECT_EQ(StatusCode::kIoError, status.code()) << status.message();
  EXPECT_TRUE(Holds(1));
  EXPECT_TRUE(VerifyCacheFile(path_).ok());
  EXPECT_TRUE(store->Flush().ok());
  EXPECT_TRUE(Holds(2));
}

TEST_F(StoreTest, AStartThatOnlyHitsTakesNoLock) {
  Fill(1, 2);
  ASSERT_EQ(0, unlink((path_ + ".lock").c_str()));
  auto store = CacheStore::Open(path_);
  ASSERT_TRUE(store->FindProgram(SampleProgram(1).key).ok());
  EXPECT_TRUE(store->Flush().ok());
  EXPECT_FALSE(FileExists(path_ + ".lock"));
}

TEST_F(StoreTest, AHeldLockIsWaitedForOnceAndToldOnce) {
  auto lock = FileLock::Acquire(path_ + ".lock", 0);
  ASSERT_TRUE(lock.ok());
  SetLockWaitLeftMilliseconds(50);
  auto store = CacheStore::Open(path_);
  ASSERT_TRUE(store->AddProgram(SampleProgram(1)).ok());
  const double begin = MonotonicMilliseconds();
  EXPECT_EQ(StatusCode::kIoError, store->TryFlush().code());
  EXPECT_EQ(50, LockWaitLeftMilliseconds());
  const Status first = store->Flush(), second = store->Flush();
  EXPECT_GE(MonotonicMilliseconds() - begin, 49);
  EXPECT_EQ(StatusCode::kIoError, first.code());
  EXPECT_TRUE(store->IsNews(first));
  EXPECT_FALSE(store->IsNews(second)) << second.message();
  { const FileLock released = *std::move(lock); }
  EXPECT_TRUE(store->Flush().ok());  // Nothing was lost.
  EXPECT_TRUE(Holds(1));
  SetLockWaitLeftMilliseconds(1000);
}

TEST_F(StoreTest, ARelativePathMeansTheFolderOfItsMoment) {
  const std::string before = std::filesystem::current_path().string();
  ASSERT_EQ(0, chdir(folder_.c_str()));
  auto store = CacheStore::Open("relative.bin");
  ASSERT_EQ(0, chdir(before.c_str()));
  ASSERT_TRUE(store->AddProgram(SampleProgram(1)).ok());
  ASSERT_TRUE(store->Flush().ok());
  EXPECT_TRUE(FileExists(JoinPath(folder_, "relative.bin")));
  EXPECT_EQ(JoinPath(folder_, "relative.bin"), store->path());
}

TEST_F(StoreTest, ALockHeldTooLongIsAStatus) {
  CacheStoreOptions options;
  options.lock_wait_milliseconds = 10;
  auto store = CacheStore::Open(path_, options);
  ASSERT_TRUE(store->AddProgram(SampleProgram(1)).ok());
  auto lock = FileLock::Acquire(path_ + ".lock", 0);
  ASSERT_TRUE(lock.ok());
  EXPECT_EQ(StatusCode::kIoError, store->Flush().code());
}

TEST_F(StoreTest, AFileThatOthersMayWriteIsRejected) {
  Fill(1, 2);
  for (mode_t mode : {0620, 0602, 0666}) {
    ASSERT_EQ(0, chmod(path_.c_str(), mode));
    auto store = CacheStore::Open(path_);
    EXPECT_EQ(CacheFileStatus::kRejected, store->status());
    EXPECT_FALSE(store->FindProgram(SampleProgram(1).key).ok());
  }
  CacheStoreOptions options;
  options.trust.allow_untrusted = true;
  EXPECT_TRUE(Holds(1, options));
  ASSERT_EQ(0, chmod(path_.c_str(), 0444));
  EXPECT_TRUE(Holds(1));
  Fill(2, 3);
  EXPECT_EQ(0600u, Mode());
  if (geteuid() != 0) return;  // Only root can give a file away.
  ASSERT_EQ(0, chown(path_.c_str(), 12345, 12345));
  EXPECT_FALSE(Holds(1));
  EXPECT_TRUE(Holds(1, options));
}

TEST_F(StoreTest, ALinksTargetIsJudgedAndNeverWritten) {
  Fill(1, 2);
  const std::string target = JoinPath(folder_, "target");
  ASSERT_EQ(0, rename(path_.c_str(), target.c_str()));
  ASSERT_EQ(0, symlink(target.c_str(), path_.c_str()));
  ASSERT_EQ(0, chmod(target.c_str(), 0666));
  EXPECT_FALSE(Holds(1));
  ASSERT_EQ(0, chmod(target.c_str(), 0600));
  EXPECT_TRUE(Holds(1));
  const std::string before = *ReadFile(target, 1 << 20);
  Fill(2, 3);
  EXPECT_EQ(before, *ReadFile(target, 1 << 20));
  EXPECT_TRUE(Holds(1));
  EXPECT_TRUE(Holds(2));
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
