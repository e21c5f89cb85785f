// Several stores of one file at once, in threads and one after the other, and the lock between them.
#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "mace/base/clock.h"
#include "mace/base/file_lock.h"
#include "mace/base/files.h"
#include "mace/cache/store.h"
#include "mace/testing/cache/cache_file_fixture.h"

namespace mace {
namespace {

using StoreWritersTest = StoreFixture;

TEST_F(StoreWritersTest, TwoWritersLoseNothing) {
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

TEST_F(StoreWritersTest, ManyWritersAndReadersAtOnce) {
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

TEST_F(StoreWritersTest, OneStoreIsSharedByThreads) {
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

TEST_F(StoreWritersTest, AReaderKeepsItsFileWhileAnotherReplacesIt) {
  Fill(1, 3);
  auto reader = CacheStore::Open(path_);
  CacheStoreOptions small;
  small.size_limit = 1;  // Leaves nothing of the old.
  Fill(9, 10, small);
  EXPECT_FALSE(Holds(1));
  EXPECT_TRUE(reader->FindProgram(SampleProgram(1).key).ok());
}

TEST_F(StoreWritersTest, AStartThatOnlyHitsTakesNoLock) {
  Fill(1, 2);
  ASSERT_EQ(0, unlink((path_ + ".lock").c_str()));
  auto store = CacheStore::Open(path_);
  ASSERT_TRUE(store->FindProgram(SampleProgram(1).key).ok());
  EXPECT_TRUE(store->Flush().ok());
  EXPECT_FALSE(FileExists(path_ + ".lock"));
}

TEST_F(StoreWritersTest, AHeldLockIsWaitedForOnceAndToldOnce) {
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

TEST_F(StoreWritersTest, ALockHeldTooLongIsAStatus) {
  CacheStoreOptions options;
  options.lock_wait_milliseconds = 10;
  auto store = CacheStore::Open(path_, options);
  ASSERT_TRUE(store->AddProgram(SampleProgram(1)).ok());
  auto lock = FileLock::Acquire(path_ + ".lock", 0);
  ASSERT_TRUE(lock.ok());
  EXPECT_EQ(StatusCode::kIoError, store->Flush().code());
}

}  // namespace
}  // namespace mace
