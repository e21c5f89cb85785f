// Who may hold a lock, and how long anybody waits for it.
#include "mace/base/file_lock.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "mace/base/clock.h"
#include "mace/base/files.h"
#include "mace/testing/temporary_folder.h"

namespace mace {
namespace {

class FileLockTest : public testing::Test {
 protected:
  void SetUp() override { SetLockWaitLeftMilliseconds(1000); }

  // The lock file as another program made it.
  void MakeLockFile(mode_t mode) const {
    const int fd = open(path_.c_str(), O_WRONLY | O_CREAT, 0600);
    ASSERT_GE(fd, 0);
    ASSERT_EQ(0, fchmod(fd, mode));
    close(fd);
  }
  mode_t Mode() const {
    struct stat info = {};
    EXPECT_EQ(0, stat(path_.c_str(), &info));
    return info.st_mode & 0777;
  }
  StatusCode Try() const { return FileLock::Acquire(path_, 0).status().code(); }

  const TemporaryFolder temporary_;
  const std::string folder_ = temporary_.path(), path_ = folder_ + "/lock";
};

TEST_F(FileLockTest, TheFileIsClosedToOthers) {
  const mode_t before = umask(0);
  EXPECT_EQ(StatusCode::kOk, Try());
  umask(before);
  EXPECT_EQ(0600u, Mode());
  ASSERT_EQ(0, chmod(path_.c_str(), 0666));
  EXPECT_EQ(StatusCode::kOk, Try());
  EXPECT_EQ(0600u, Mode());
}

TEST_F(FileLockTest, ExcludesOthersAndIsGivenBack) {
  {
    const auto lock = FileLock::Acquire(path_, 0);
    ASSERT_TRUE(lock.ok());
    EXPECT_EQ(StatusCode::kIoError, Try());
  }
  EXPECT_EQ(StatusCode::kOk, Try());
  EXPECT_EQ(StatusCode::kInvalidArgument, FileLock::Acquire(folder_, 0).status().code());
  EXPECT_EQ(StatusCode::kIoError, FileLock::Acquire(folder_ + "/no/lock", 0).status().code());
}

TEST_F(FileLockTest, AProcessWaitsSoLongInAll) {
  const auto held = FileLock::Acquire(path_, 0);
  ASSERT_TRUE(held.ok());
  SetLockWaitLeftMilliseconds(100);
  std::string first_message;
  const double begin = MonotonicMilliseconds();
  for (int i = 0; i < 5; ++i) {
    const Status refused = FileLock::Acquire(path_, 10000).status();
    EXPECT_EQ(StatusCode::kIoError, refused.code());
    if (i == 0) first_message = refused.message();
    EXPECT_EQ(first_message, refused.message());  // Equal messages can be told once.
  }
  const double waited = MonotonicMilliseconds() - begin;
  EXPECT_GE(waited, 99);
  EXPECT_LE(LockWaitLeftMilliseconds(), 0);
  // A lock that is free needs no wait.
  EXPECT_EQ(StatusCode::kOk, FileLock::Acquire(folder_ + "/other", 10000).status().code());
}

TEST_F(FileLockTest, ALockThatComesFreeIsTaken) {
  auto held = FileLock::Acquire(path_, 0);
  ASSERT_TRUE(held.ok());
  SetLockWaitLeftMilliseconds(60000);
  std::thread releaser([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    const FileLock released = *std::move(held);
  });
  EXPECT_EQ(StatusCode::kOk, FileLock::Acquire(path_, 60000).status().code());
  releaser.join();
}

TEST_F(FileLockTest, ALockFileThatIsRemovedMeanwhileIsMadeAnew) {
  auto held = FileLock::Acquire(path_, 0);
  ASSERT_TRUE(held.ok());
  ASSERT_EQ(0, unlink(path_.c_str()));
  EXPECT_EQ(StatusCode::kOk, Try());
  EXPECT_TRUE(FileExists(path_));
}

TEST_F(FileLockTest, ALinkIsNotFollowed) {
  const std::string target = folder_ + "/target";
  ASSERT_EQ(0, symlink(target.c_str(), path_.c_str()));
  EXPECT_EQ(StatusCode::kIoError, Try());
  EXPECT_FALSE(FileExists(target));
}

TEST_F(FileLockTest, AnotherFileOfOursUnderTheNameKeepsItsMode) {
  MakeLockFile(0644);
  ASSERT_EQ(0, link(path_.c_str(), (folder_ + "/second_name").c_str()));
  EXPECT_EQ(StatusCode::kFailedPrecondition, Try());
  EXPECT_EQ(0644u, Mode());
}

TEST_F(FileLockTest, AnotherUsersLockFileIsNotWaitedFor) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  MakeLockFile(0666);
  ASSERT_EQ(0, chown(path_.c_str(), 54321, 54321));
  const int theirs = open(path_.c_str(), O_RDONLY);
  ASSERT_EQ(0, flock(theirs, LOCK_EX));
  const double begin = MonotonicMilliseconds();
  const Status refused = FileLock::Acquire(path_, 60000).status();
  EXPECT_LT(MonotonicMilliseconds() - begin, 500);
  EXPECT_EQ(StatusCode::kFailedPrecondition, refused.code());
  EXPECT_NE(std::string::npos, refused.message().find("another user (54321)")) << refused.message();
  close(theirs);
  // A file that both may write has a lock that both may hold.
  LockSharing sharing;
  sharing.owner = 54321;
  EXPECT_FALSE(FileLock::Acquire(path_, 0, sharing).ok());  // Open to all.
  sharing.mode = 0666;
  EXPECT_TRUE(FileLock::Acquire(path_, 0, sharing).ok());
}

}  // namespace
}  // namespace mace
