// What lies at the path of a store, or in its way, and whom it belongs to.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "mace/base/atomic_file.h"
#include "mace/base/files.h"
#include "mace/base/strings.h"
#include "mace/cache/store.h"
#include "mace/cache/verify.h"
#include "mace/testing/cache/cache_file_fixture.h"

namespace mace {
namespace {

using StorePathTest = StoreFixture;

TEST_F(StorePathTest, WhatIsNoFileIsRejectedAndLeftAlone) {
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

TEST_F(StorePathTest, AFolderThatCannotBeWrittenIsAStatus) {
  ASSERT_TRUE(WriteFileAtomic(path_, AsBytes("a file")).ok());
  auto below_file = CacheStore::Open(JoinPath(path_, "cache.bin"));
  EXPECT_EQ(CacheFileStatus::kRejected, below_file->status());
  ASSERT_TRUE(below_file->AddProgram(SampleProgram(1)).ok());
  EXPECT_EQ(StatusCode::kIoError, below_file->Flush().code());
  auto missing = CacheStore::Open(folder_.At("missing/cache.bin"));
  EXPECT_EQ(CacheFileStatus::kCold, missing->status());
  ASSERT_TRUE(missing->AddProgram(SampleProgram(1)).ok());
  EXPECT_EQ(StatusCode::kIoError, missing->Flush().code());
  EXPECT_TRUE(missing->FindProgram(SampleProgram(1).key).ok());
  if (geteuid() == 0) return;  // Root writes anyway.
  const std::string read_only = folder_.At("read_only");
  ASSERT_TRUE(MakeDirectories(read_only, 0500).ok());
  auto store = CacheStore::Open(JoinPath(read_only, "cache.bin"));
  ASSERT_TRUE(store->AddProgram(SampleProgram(1)).ok());
  EXPECT_EQ(StatusCode::kIoError, store->Flush().code());
}

TEST_F(StorePathTest, AFullDiskLeavesTheOldFile) {
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

TEST_F(StorePathTest, ARelativePathMeansTheFolderOfItsMoment) {
  const std::string before = std::filesystem::current_path().string();
  ASSERT_EQ(0, chdir(folder_.path().c_str()));
  auto store = CacheStore::Open("relative.bin");
  ASSERT_EQ(0, chdir(before.c_str()));
  ASSERT_TRUE(store->AddProgram(SampleProgram(1)).ok());
  ASSERT_TRUE(store->Flush().ok());
  EXPECT_TRUE(FileExists(folder_.At("relative.bin")));
  EXPECT_EQ(folder_.At("relative.bin"), store->path());
}

TEST_F(StorePathTest, AFileThatOthersMayWriteIsRejected) {
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

TEST_F(StorePathTest, ALinksTargetIsJudgedAndNeverWritten) {
  Fill(1, 2);
  const std::string target = folder_.At("target");
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

}  // namespace
}  // namespace mace
