// Faults around a file: writers that are killed, many writers at once, full disks, folders that
// vanish or cannot be written, files of other users. Nothing that was written is ever lost.
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <functional>
#include <iostream>
#include <random>
#include <thread>

#include "mace/base/clock.h"
#include "mace/base/file_lock.h"
#include "mace/base/files.h"
#include "mace/cache/store.h"
#include "mace/cache/verify.h"
#include "mace/testing/cache/sample.h"
#include "mace/testing/temporary_folder.h"

namespace mace {
namespace {

constexpr uid_t kNobody = 65534;

// Forks a process that never returns from `work`.
pid_t Fork(const std::function<void()>& work) {
  const pid_t child = fork();
  if (child != 0) return child;
  work();
  _exit(0);
}

// Runs `work` in a process of its own and gives what it returned: "" for success.
std::string InChild(const std::function<std::string()>& work) {
  int ends[2];
  if (pipe(ends) != 0) return "no pipe";
  const pid_t child = Fork([&] {
    const std::string text = work();
    if (write(ends[1], text.data(), text.size()) != static_cast<ssize_t>(text.size())) _exit(3);
  });
  close(ends[1]);
  std::string text;
  char piece[4096];
  for (ssize_t got; (got = read(ends[0], piece, sizeof(piece))) > 0;) {
    text.append(piece, static_cast<size_t>(got));
  }
  close(ends[0]);
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return "no child";
  if (!WIFEXITED(status)) return "ended by signal " + std::to_string(WTERMSIG(status));
  return WEXITSTATUS(status) == 0 ? text : "ended with " + std::to_string(WEXITSTATUS(status));
}

// One start of a process that needs program `number` and has to compile it: opens, adds, writes.
Status AddOne(const std::string& path, int number, size_t size = 100) {
  auto store = CacheStore::Open(path);
  if (store->status() == CacheFileStatus::kRejected) return Corruption(store->reason());
  MACE_RETURN_IF_ERROR(store->AddProgram(SampleProgram(number, size)));
  return store->Flush();
}

bool Holds(const std::string& path, int number) {
  auto found = CacheStore::Open(path)->FindProgram(SampleProgram(number).key);
  return found.ok() && found->bytes == *SampleProgram(number).bytes;
}

size_t TemporariesIn(const std::string& folder) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    count += entry.path().string().find(".tmp.") != std::string::npos ? 1 : 0;
  }
  return count;
}

class FaultTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(0, chmod(folder_.c_str(), 0755)); }

  // Another user must reach the folder, too.
  const TemporaryFolder temporary_{TemporaryFolder::Place::kShared};
  const std::string folder_ = temporary_.path(), path_ = JoinPath(folder_, kCacheFileName);
};

// A thousand writers are killed at random moments. After each, the file is whole and holds all that
// a writer had reported as written.
TEST_F(FaultTest, KilledAtAnyMoment) {
  constexpr int kKills = 1000, kKillsAFile = 50;
  std::mt19937 random(20240501);
  int next = 0, acknowledged_in_all = 0;
  for (int begin = 0; begin < kKills; begin += kKillsAFile) {
    std::filesystem::remove(path_);
    std::vector<int> written;
    for (int kill_number = 0; kill_number < kKillsAFile; ++kill_number) {
      int ends[2];
      ASSERT_EQ(0, pipe(ends));
      const pid_t child = Fork([&] {
        for (int number = next;; ++number) {
          if (!AddOne(path_, number).ok()) _exit(1);
          if (write(ends[1], &number, sizeof(number)) != sizeof(number)) _exit(2);
        }
      });
      ASSERT_GT(child, 0);
      close(ends[1]);
      usleep(random() % 15000);
      ASSERT_EQ(0, kill(child, SIGKILL));
      int status = 0;
      ASSERT_EQ(child, waitpid(child, &status, 0));
      ASSERT_TRUE(WIFSIGNALED(status)) << "the writer gave up: " << WEXITSTATUS(status);
      for (int number; read(ends[0], &number, sizeof(number)) == sizeof(number);) {
        written.push_back(number);
        next = number;
      }
      close(ends[0]);
      ++next;  // The one in the making may or may not be there.
      if (!FileExists(path_)) {
        ASSERT_TRUE(written.empty());
        continue;
      }
      const Status whole = VerifyCacheFile(path_);
      ASSERT_TRUE(whole.ok()) << whole.message();
      auto store = CacheStore::Open(path_);
      for (int number : written) {
        ASSERT_TRUE(store->HasProgram(SampleProgram(number).key)) << number << " is lost";
      }
    }
    acknowledged_in_all += static_cast<int>(written.size());
  }
  EXPECT_GT(acknowledged_in_all, 50);  // Fewer: the kills came before any writing.
  ASSERT_TRUE(AddOne(path_, next).ok());
  EXPECT_EQ(0u, TemporariesIn(folder_));
}

// Calls again while other processes hold the lock for longer than one call waits, as they do on a
// busy machine: the test is about what is lost, not about how long it takes.
template <typename Call>
Status Patiently(Call call) {
  Status status = call();
  while (!status.ok() && status.message().find("holds this lock") != std::string::npos) {
    status = call();
  }
  return status;
}

TEST_F(FaultTest, EightProcessesAtOnce) {
  constexpr int kRounds = 100, kRoundsAFile = 10, kProcesses = 8;
  for (int round = 0; round < kRounds; ++round) {
    if (round % kRoundsAFile == 0) std::filesystem::remove(path_);
    int start[2];
    ASSERT_EQ(0, pipe(start));
    std::vector<pid_t> children;
    for (int process = 0; process < kProcesses; ++process) {
      children.push_back(Fork([&] {
        close(start[1]);
        SetLockWaitLeftMilliseconds(60000);
        char ignored;
        if (read(start[0], &ignored, 1) != 0) _exit(2);  // Ends when the parent closes it.
        auto store = CacheStore::Open(path_);
        const int number = round * kProcesses + process;
        const std::string text = std::to_string(number);
        Status status = Patiently([&] { return store->AddProgram(SampleProgram(number)); });
        if (status.ok()) {
          status = Patiently([&] { return store->AddTuning(SampleDevice(), text, text); });
        }
        if (status.ok()) status = Patiently([&] { return store->Flush(); });
        if (!status.ok()) std::cerr << "process " << process << ": " << status.message() << "\n";
        _exit(status.ok() ? 0 : 1);
      }));
    }
    close(start[0]);
    close(start[1]);
    for (pid_t child : children) {
      int status = 0;
      ASSERT_EQ(child, waitpid(child, &status, 0));
      ASSERT_EQ(0, status) << "round " << round;
    }
    if (round % kRoundsAFile != kRoundsAFile - 1) continue;
    ASSERT_TRUE(VerifyCacheFile(path_).ok());
    auto store = CacheStore::Open(path_);
    for (int number = (round + 1 - kRoundsAFile) * kProcesses; number < (round + 1) * kProcesses;
         ++number) {
      const std::string text = std::to_string(number);
      ASSERT_TRUE(store->FindProgram(SampleProgram(number).key).ok()) << number;
      ASSERT_EQ(text, store->FindTuning(SampleDevice(), text).value_or("lost"));
    }
  }
}

// In a small file system of the child's own.
std::string UseAFullDisk(const std::string& folder, const std::string& path) {
  const auto size = [&](const char* option, unsigned long flags) {
    return mount("none", folder.c_str(), "tmpfs", flags, option) == 0;
  };
  if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      !size("size=256k", 0)) {
    return std::string("skipped: no file system can be mounted here: ") + std::strerror(errno);
  }
  if (!AddOne(path, 1).ok()) return "the first program does not fit";
  auto store = CacheStore::Open(path);
  if (!store->AddProgram(SampleProgram(2, 300000)).ok()) return "not added";
  const Status full = store->Flush();
  if (full.code() != StatusCode::kIoError) return "a full disk is no error: " + full.message();
  if (full.message().find('\n') != std::string::npos) return "more than one line";
  if (!VerifyCacheFile(path).ok() || !Holds(path, 1)) return "the old file is lost";
  if (TemporariesIn(folder) != 0) return "a temporary file is left";
  if (!store->FindProgram(SampleProgram(2).key).ok()) return "what was added is lost";
  if (!size("size=2m", MS_REMOUNT)) return "no larger disk";
  if (!store->Flush().ok() || !Holds(path, 1)) return "not written although there is room";
  if (!CacheStore::Open(path)->HasProgram(SampleProgram(2).key)) return "the second is lost";
  return "";
}

TEST_F(FaultTest, AFullDisk) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can mount a small file system";
  const std::string said = InChild([&] { return UseAFullDisk(folder_, path_); });
  if (said.rfind("skipped", 0) == 0) GTEST_SKIP() << said;
  EXPECT_EQ("", said);
}

TEST_F(FaultTest, AFolderThatVanishes) {
  ASSERT_TRUE(AddOne(path_, 1).ok());
  auto store = CacheStore::Open(path_);
  ASSERT_TRUE(store->AddProgram(SampleProgram(2)).ok());
  std::filesystem::remove_all(folder_);
  EXPECT_EQ(StatusCode::kIoError, store->Flush().code());
  // The open file lives on, and so does what was added.
  EXPECT_TRUE(store->FindProgram(SampleProgram(1).key).ok());
  EXPECT_TRUE(store->FindProgram(SampleProgram(2).key).ok());
  EXPECT_TRUE(store->dirty());
  ASSERT_TRUE(MakeDirectories(folder_).ok());
  const Status status = store->Flush();
  EXPECT_TRUE(status.ok()) << status.message();
  EXPECT_TRUE(Holds(path_, 2));
}

TEST_F(FaultTest, AFolderThatComesAndGoes) {
  const std::string away = folder_ + ".away";
  std::atomic<bool> done{false};
  std::thread mover([&] {
    while (!done) {
      rename(folder_.c_str(), away.c_str());
      usleep(200);
      rename(away.c_str(), folder_.c_str());
      usleep(3000);
    }
  });
  int number = 0, failed = 0;
  std::vector<int> acknowledged;
  for (const double end = MonotonicMilliseconds() + 1000; MonotonicMilliseconds() < end; ++number) {
    if (AddOne(path_, number).ok()) {
      acknowledged.push_back(number);
    } else {
      ++failed;
    }
  }
  done = true;
  mover.join();
  EXPECT_GT(acknowledged.size(), 0u);
  EXPECT_GT(failed, 0);
  EXPECT_TRUE(VerifyCacheFile(path_).ok());
  auto store = CacheStore::Open(path_);
  for (int one : acknowledged) EXPECT_TRUE(store->HasProgram(SampleProgram(one).key)) << one;
}

// The errors of a user without privileges in a folder of root's.
std::string UseAsNobody(const std::string& folder, const std::string& path) {
  if (setgroups(0, nullptr) != 0 || setgid(kNobody) != 0 || setuid(kNobody) != 0) return "no user";
  const auto status_of = [](const std::string& name) { return CacheStore::Open(name)->status(); };
  if (!Holds(path, 1)) return "root's file is not used: " + CacheStore::Open(path)->reason();
  auto store = CacheStore::Open(path);
  if (!store->AddProgram(SampleProgram(2)).ok()) return "not added";
  const Status refused = store->Flush();
  if (refused.code() != StatusCode::kFailedPrecondition) return "root's: " + refused.message();
  const Status read_only = AddOne(JoinPath(folder, "new.bin"), 2);
  if (read_only.code() != StatusCode::kIoError) return "read-only folder: " + read_only.message();
  if (!store->FindProgram(SampleProgram(2).key).ok()) return "what was added is lost";
  const std::string unreadable = JoinPath(folder, "unreadable"), foreign = folder + "/foreign";
  if (status_of(unreadable) != CacheFileStatus::kRejected) return "an unreadable file is used";
  if (status_of(foreign) != CacheFileStatus::kRejected) return "a foreign file is used";
  const std::string reason = CacheStore::Open(foreign)->reason();
  if (reason.find("another user") == std::string::npos) return "why? " + reason;
  if (status_of(JoinPath(folder, "link_to_root")) != CacheFileStatus::kWarm) return "link to root";
  if (status_of(JoinPath(folder, "link_to_foreign")) != CacheFileStatus::kRejected) {
    return "a link hides whose file it is";
  }
  // A folder that may be written heals itself: the unreadable file is replaced, not followed.
  const std::string open_file = JoinPath(folder, "open/" + std::string(kCacheFileName));
  if (status_of(open_file) != CacheFileStatus::kRejected) return "an unreadable file is used";
  auto healer = CacheStore::Open(open_file);
  if (!healer->AddProgram(SampleProgram(3)).ok()) return "not added";
  const Status healed = healer->Flush();
  if (!healed.ok()) return healed.message();
  return Holds(open_file, 3) ? "" : "not healed";
}

TEST_F(FaultTest, OtherUsersAndReadOnlyFolders) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can take another user's place";
  ASSERT_TRUE(AddOne(path_, 1).ok());
  ASSERT_EQ(0, chmod(path_.c_str(), 0644));
  const auto copy = [&](const std::string& name, uid_t owner, mode_t mode) {
    const std::string to = JoinPath(folder_, name);
    std::filesystem::copy_file(path_, to);
    ASSERT_EQ(0, chown(to.c_str(), owner, owner));
    ASSERT_EQ(0, chmod(to.c_str(), mode));
  };
  const std::string open_folder = JoinPath(folder_, "open");
  ASSERT_TRUE(MakeDirectories(open_folder).ok());
  copy("unreadable", 0, 0600);
  copy("foreign", 12345, 0644);
  copy("open/" + std::string(kCacheFileName), kNobody, 0000);
  ASSERT_EQ(0, chown(open_folder.c_str(), kNobody, kNobody));
  ASSERT_EQ(0, symlink(path_.c_str(), JoinPath(folder_, "link_to_root").c_str()));
  ASSERT_EQ(0, symlink((folder_ + "/foreign").c_str(), (folder_ + "/link_to_foreign").c_str()));
  EXPECT_EQ("", InChild([&] { return UseAsNobody(folder_, path_); }));
}

// A file shipped with an app: no lock file, no temporary, no change, whatever the app adds.
TEST_F(FaultTest, AShippedFileIsLeftAlone) {
  ASSERT_TRUE(AddOne(path_, 1).ok());
  std::filesystem::remove(path_ + ".lock");
  ASSERT_EQ(0, chmod(path_.c_str(), 0444));
  ASSERT_EQ(0, chmod(folder_.c_str(), 0555));
  const std::string before = *ReadFile(path_, 1 << 20);
  CacheStoreOptions options;
  options.read_only = true;
  auto store = CacheStore::Open(path_, options);
  EXPECT_TRUE(store->FindProgram(SampleProgram(1).key).ok());
  ASSERT_TRUE(store->AddProgram(SampleProgram(2)).ok());
  EXPECT_TRUE(store->Flush().ok());
  EXPECT_EQ(before, *ReadFile(path_, 1 << 20));
  EXPECT_FALSE(FileExists(path_ + ".lock"));
  ASSERT_EQ(0, chmod(folder_.c_str(), 0755));
}

}  // namespace
}  // namespace mace
