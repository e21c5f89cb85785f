// A wall clock that jumps by years, back and forth: this program's own clock_gettime takes the C
// library's place. Neither the lock's patience nor who goes first may depend on it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <chrono>

#include "mace/base/clock.h"
#include "mace/base/file_lock.h"
#include "mace/cache/store.h"
#include "mace/cache/verify.h"
#include "mace/testing/cache/sample.h"
#include "mace/testing/temporary_folder.h"

namespace mace {
namespace {

std::atomic<uint32_t> calls{0};

// A few years before or after now, another value at each call.
time_t Jumping() { return 1700000000 + static_cast<time_t>((calls++ * 2654435761u) % 600000000u); }

// The file's own times jump as well.
void Date(const std::string& path) {
  const struct timespec times[2] = {{Jumping(), 0}, {Jumping(), 0}};
  ASSERT_EQ(0, utimensat(AT_FDCWD, path.c_str(), times, 0));
}

TEST(ClockJumpTest, TheClockReallyJumps) {
  const auto first = std::chrono::system_clock::now(), second = std::chrono::system_clock::now();
  EXPECT_GT(std::chrono::abs(second - first), std::chrono::hours(24));
}

TEST(ClockJumpTest, GenerationsDecideAndNothingIsLost) {
  const TemporaryFolder folder;
  const std::string path = folder.At(kCacheFileName);
  for (int number = 0; number < 6; ++number) {
    auto store = CacheStore::Open(path);
    EXPECT_NE(CacheFileStatus::kRejected, store->status()) << store->reason();
    if (number > 0) {
      EXPECT_TRUE(store->FindProgram(SampleProgram(0).key).ok());
    }
    ASSERT_TRUE(store->AddProgram(SampleProgram(number)).ok());
    ASSERT_TRUE(store->Flush().ok());
    Date(path);
  }
  EXPECT_TRUE(VerifyCacheFile(path).ok());
  CacheStoreOptions options;
  options.size_limit = 4 * 4096 + 2000;  // Three programs.
  auto store = CacheStore::Open(path, options);
  ASSERT_TRUE(store->AddProgram(SampleProgram(9)).ok());
  ASSERT_TRUE(store->Flush().ok());
  // 0 was used at every start, 9 and 5 are the newest.
  for (int kept : {0, 5, 9}) EXPECT_TRUE(store->HasProgram(SampleProgram(kept).key)) << kept;
  for (int gone : {1, 2, 3, 4}) EXPECT_FALSE(store->HasProgram(SampleProgram(gone).key)) << gone;
}

TEST(ClockJumpTest, AWaitForTheLockIsAsLongAsItSays) {
  const TemporaryFolder folder;
  const std::string path = folder.At("lock");
  auto held = FileLock::Acquire(path, 0);
  ASSERT_TRUE(held.ok());
  const double begin = MonotonicMilliseconds();
  EXPECT_FALSE(FileLock::Acquire(path, 100).ok());
  const double waited = MonotonicMilliseconds() - begin;
  EXPECT_GE(waited, 100);
  EXPECT_LT(waited, 5000);
}

}  // namespace
}  // namespace mace

extern "C" int clock_gettime(clockid_t clock, struct timespec* now) noexcept {
  if (clock != CLOCK_REALTIME) return static_cast<int>(syscall(SYS_clock_gettime, clock, now));
  *now = {mace::Jumping(), 0};
  return 0;
}

extern "C" time_t time(time_t* now) noexcept {
  const time_t value = mace::Jumping();
  if (now != nullptr) *now = value;
  return value;
}
