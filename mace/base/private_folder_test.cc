// Private folders live as long as a process uses them, and nothing else is ever removed.
#include "mace/base/private_folder.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "mace/base/atomic_file.h"
#include "mace/base/coding.h"
#include "mace/base/files.h"
#include "mace/base/random_name.h"
#include "mace/base/strings.h"
#include "mace/testing/temporary_folder.h"

namespace mace {
namespace {

constexpr char kPrefix[] = "test-private-";

class PrivateFolderTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(0, chmod(base_.c_str(), 01777)); }

  // A process that makes a folder with content and waits to be killed; `*path` is its folder.
  pid_t StartUser(std::string* path) const {
    int ends[2];
    EXPECT_EQ(0, pipe(ends));
    const pid_t child = fork();
    if (child == 0) {
      StatusOr<PrivateFolder> folder = PrivateFolder::Make(base_, kPrefix);
      const std::string name = folder.ok() ? folder->path() : "failed";
      const bool filled = MakeDirectories(name + "/AB/CD").ok() &&
                          WriteFileAtomic(name + "/AB/CD/code.so", AsBytes("code")).ok() &&
                          symlink("/etc", (name + "/link").c_str()) == 0;
      if (filled && write(ends[1], name.data(), name.size()) > 0) pause();
      _exit(1);
    }
    char name[4096];
    const ssize_t size = read(ends[0], name, sizeof(name));
    close(ends[0]);
    close(ends[1]);
    EXPECT_GT(size, 0);
    path->assign(name, size > 0 ? static_cast<size_t>(size) : 0);
    return child;
  }

  static void End(pid_t child, int signal_number) {
    ASSERT_EQ(0, kill(child, signal_number));
    ASSERT_EQ(child, waitpid(child, nullptr, 0));
  }

  const TemporaryFolder temporary_;
  const std::string base_ = temporary_.path();
};

TEST_F(PrivateFolderTest, GoesWithItsOwner) {
  std::string path;
  {
    StatusOr<PrivateFolder> folder = PrivateFolder::Make(base_, kPrefix);
    ASSERT_TRUE(folder.ok()) << folder.status().message();
    path = folder->path();
    struct stat info = {};
    ASSERT_EQ(0, stat(path.c_str(), &info));
    EXPECT_EQ(0700u, info.st_mode & 0777);
    EXPECT_TRUE(IsRandomName(path.substr(path.size() - kRandomNameSize)));
    ASSERT_TRUE(WriteFileAtomic(path + "/file", Bytes()).ok());
    RemoveAbandonedFolders(base_, kPrefix);
    EXPECT_TRUE(FileExists(path + "/file"));
  }
  EXPECT_FALSE(FileExists(path));
  EXPECT_EQ(StatusCode::kNotFound, PrivateFolder::Make("/none/such", kPrefix).status().code());
}

TEST_F(PrivateFolderTest, AKilledProcessLeavesAFolderThatTheNextRemoves) {
  for (int signal_number : {SIGINT, SIGTERM, SIGHUP, SIGKILL}) {
    std::string dead, living;
    const pid_t killed = StartUser(&dead);
    const pid_t other = StartUser(&living);
    End(killed, signal_number);
    EXPECT_TRUE(FileExists(dead + "/AB/CD/code.so"));
    RemoveAbandonedFolders(base_, kPrefix);
    EXPECT_FALSE(FileExists(dead)) << signal_number;
    EXPECT_TRUE(FileExists(living + "/AB/CD/code.so")) << signal_number;
    End(other, SIGKILL);
  }
  EXPECT_TRUE(FileExists("/etc"));  // Links are not followed.
}

TEST_F(PrivateFolderTest, AChildKeepsTheFolderThatItsParentNamed) {
  std::string path;
  const pid_t parent = StartUser(&path);
  {
    StatusOr<PrivateFolder> joined = PrivateFolder::Join(path, kPrefix);
    ASSERT_TRUE(joined.ok()) << joined.status().message();
    End(parent, SIGKILL);
    RemoveAbandonedFolders(base_, kPrefix);
    EXPECT_TRUE(FileExists(path));
  }
  EXPECT_FALSE(FileExists(path));
  EXPECT_EQ(StatusCode::kNotFound, PrivateFolder::Join(path, kPrefix).status().code());
  EXPECT_EQ(StatusCode::kNotFound, PrivateFolder::Join(base_, kPrefix).status().code());
}

TEST_F(PrivateFolderTest, AForkedChildThatEndsLeavesItToItsParent) {
  StatusOr<PrivateFolder> folder = PrivateFolder::Make(base_, kPrefix);
  ASSERT_TRUE(folder.ok());
  const pid_t child = fork();
  if (child == 0) {
    { const PrivateFolder copy = *std::move(folder); }
    _exit(0);
  }
  ASSERT_EQ(child, waitpid(child, nullptr, 0));
  EXPECT_TRUE(FileExists(folder->path()));
}

TEST_F(PrivateFolderTest, OnlyFoldersOfOurFormAreRemoved) {
  const std::string digits = "0123456789abcdef0123456789abcdef";
  std::vector<std::string> stay = {"test-private-mine", "test-private-AbCdEf",
                                   "test-private-" + digits + "0", "other-" + digits};
  for (const std::string& name : stay) {
    ASSERT_EQ(0, mkdir(JoinPath(base_, name).c_str(), 0700));
  }
  const std::string target = JoinPath(base_, "target");
  ASSERT_TRUE(MakeDirectories(target, 0700).ok());
  ASSERT_TRUE(WriteFileAtomic(target + "/file", Bytes()).ok());
  const std::string name_of_ours = std::string(kPrefix) + digits;
  ASSERT_EQ(0, symlink("target", JoinPath(base_, name_of_ours).c_str()));
  const std::string open_one = kPrefix + std::string(32, 'a');
  ASSERT_EQ(0, mkdir(JoinPath(base_, open_one).c_str(), 0700));
  ASSERT_EQ(0, chmod(JoinPath(base_, open_one).c_str(), 0755));
  stay.insert(stay.end(), {"target/file", name_of_ours, open_one});
  if (geteuid() == 0) {
    const std::string theirs = kPrefix + std::string(32, 'b');
    ASSERT_EQ(0, mkdir(JoinPath(base_, theirs).c_str(), 0700));
    ASSERT_EQ(0, chown(JoinPath(base_, theirs).c_str(), 54321, 54321));
    stay.push_back(theirs);
  }
  const std::string abandoned = JoinPath(base_, kPrefix + std::string(32, 'c'));
  ASSERT_EQ(0, mkdir(abandoned.c_str(), 0700));
  RemoveAbandonedFolders(base_, kPrefix);
  EXPECT_FALSE(FileExists(abandoned));
  for (const std::string& name : stay) EXPECT_TRUE(FileExists(JoinPath(base_, name))) << name;
}

TEST_F(PrivateFolderTest, ABaseThatOthersCouldExchangeIsRefused) {
  ASSERT_EQ(0, chmod(base_.c_str(), 0777));
  const std::string abandoned = JoinPath(base_, kPrefix + std::string(32, 'c'));
  ASSERT_EQ(0, mkdir(abandoned.c_str(), 0700));
  RemoveAbandonedFolders(base_, kPrefix);
  EXPECT_TRUE(FileExists(abandoned));
  EXPECT_EQ(StatusCode::kFailedPrecondition, PrivateFolder::Make(base_, kPrefix).status().code());
}

}  // namespace
}  // namespace mace
