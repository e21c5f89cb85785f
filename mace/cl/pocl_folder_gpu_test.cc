// Where PoCL keeps its kernels: never in a folder that another user could change, and somewhere at
// all, since PoCL hides its device where it can make no folder.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "mace/base/atomic_file.h"
#include "mace/base/coding.h"
#include "mace/base/files.h"
#include "mace/base/strings.h"
#include "mace/cl/device.h"
#include "mace/cl/pocl_folder.h"
#include "mace/testing/temporary_folder.h"

namespace mace {
namespace {

class PoclFolderTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(MakeDirectories(Path("tmp")).ok()); }

  std::string Path(const std::string& name) const { return folder_.At(name); }
  std::string Make(const std::string& name, mode_t mode) const {
    EXPECT_TRUE(MakeDirectories(Path(name)).ok());
    EXPECT_EQ(0, chmod(Path(name).c_str(), mode));
    return Path(name);
  }

  // The value of POCL_CACHE_DIR once everything is prepared, in a process of its own, since the
  // environment is read once. `set` sets the environment; `then` goes on in that process, and gives
  // its exit code.
  std::string Prepared(
      const std::function<void()>& set, const std::function<int()>& then = [] { return 0; }) {
    const std::string name_file = Path("name");
    const pid_t child = fork();
    if (child == 0) {
      for (const char* name : {"POCL_CACHE_DIR", "XDG_CACHE_HOME", "HOME"}) unsetenv(name);
      setenv("TMPDIR", Path("tmp").c_str(), 1);
      set();
      PreparePoclFolder();
      if (!CheckPoclFolder().ok()) _exit(10);
      const char* found = getenv("POCL_CACHE_DIR");
      const std::string text = found == nullptr ? "not set" : found;
      if (!WriteFileAtomic(name_file, AsBytes(text)).ok()) _exit(11);
      exit(then());
    }
    int status = 0;
    EXPECT_EQ(child, waitpid(child, &status, 0));
    EXPECT_EQ(0, status);
    const StatusOr<std::string> name = ReadFile(name_file, 4096);
    return name.ok() ? *name : name.status().message();
  }

  bool IsPrivate(const std::string& name) const { return StartsWith(name, Path("tmp/mace-pocl-")); }
  // A private folder that is gone again.
  void ExpectPrivate(const std::string& name) const {
    EXPECT_TRUE(IsPrivate(name)) << name;
    EXPECT_FALSE(FileExists(name)) << name << " was left behind";
  }

  // The levels above the folder are root's.
  const TemporaryFolder folder_{TemporaryFolder::Place::kShared};
};

TEST_F(PoclFolderTest, AnUnusableDefaultGetsAPrivateFolderInWhichPoclWorks) {
  ASSERT_TRUE(WriteFileAtomic(Path("file"), Bytes()).ok());
  const auto open_device = [] { return OpenDevice("gpu").ok() ? 0 : 12; };
  ExpectPrivate(Prepared([&] { setenv("XDG_CACHE_HOME", Path("file").c_str(), 1); }, open_device));
}

TEST_F(PoclFolderTest, AFolderOfTheUsersIsLeftAlone) {
  const auto name = [](const std::string& folder) {
    return [folder] { setenv("POCL_CACHE_DIR", folder.c_str(), 1); };
  };
  EXPECT_EQ("/the/users/choice", Prepared(name("/the/users/choice")));
  EXPECT_EQ(Make("own", 0755), Prepared(name(Path("own"))));
  EXPECT_EQ("not set", Prepared([&] { setenv("HOME", Path("own").c_str(), 1); }));
  EXPECT_EQ("not set", Prepared([&] {
              setenv("POCL_CACHE_DIR", "", 1);
              setenv("HOME", Path("own").c_str(), 1);
            }));
  EXPECT_FALSE(FileExists(Path("own/.cache"))) << "PoCL was not asked for anything";
}

TEST_F(PoclFolderTest, WhatOthersMayWriteIsNotUsed) {
  const std::string open_level = Make("open", 0777);
  ASSERT_TRUE(MakeDirectories(open_level + "/home/.cache").ok());
  ExpectPrivate(Prepared([&] { setenv("HOME", (open_level + "/home").c_str(), 1); }));
  ExpectPrivate(Prepared([&] { setenv("XDG_CACHE_HOME", open_level.c_str(), 1); }));
  ExpectPrivate(Prepared([&] { setenv("POCL_CACHE_DIR", open_level.c_str(), 1); }));
  ExpectPrivate(Prepared([&] { setenv("POCL_CACHE_DIR", (open_level + "/below/it").c_str(), 1); }));
  const std::string shared = Make("shared", 01777);
  ExpectPrivate(Prepared([&] { setenv("POCL_CACHE_DIR", (shared + "/new").c_str(), 1); }));
  ExpectPrivate(Prepared([&] { setenv("POCL_CACHE_DIR", shared.c_str(), 1); }));
  const std::string within = Make("within", 0755);
  Make("within/AB", 0777);
  ExpectPrivate(Prepared([&] { setenv("POCL_CACHE_DIR", within.c_str(), 1); }));
  EXPECT_TRUE(std::filesystem::is_empty(open_level + "/home/.cache"));
  EXPECT_TRUE(std::filesystem::is_empty(shared));
}

TEST_F(PoclFolderTest, WhatAnotherUserOwnsIsNotUsed) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give folders away";
  for (const char* level : {"theirs", "theirs/.cache", "theirs/.cache/pocl/kcache"}) {
    const std::string path = Make(level, 0755);
    ASSERT_EQ(0, chown(path.c_str(), 54321, 54321));
    ExpectPrivate(Prepared([&] { setenv("HOME", Path("theirs").c_str(), 1); }));
    ExpectPrivate(Prepared([&] { setenv("POCL_CACHE_DIR", path.c_str(), 1); }));
    ASSERT_EQ(0, chown(path.c_str(), 0, 0));
    EXPECT_EQ("not set", Prepared([&] { setenv("HOME", Path("theirs").c_str(), 1); }));
  }
  Make("theirs/.cache/pocl/uncached", 0777);  // PoCL's folder with POCL_KERNEL_CACHE=0.
  ExpectPrivate(Prepared([&] { setenv("HOME", Path("theirs").c_str(), 1); }));
}

TEST_F(PoclFolderTest, ARelativeFolderStaysWhereItIs) {
  const auto in_folder = [&](const char* name) {
    return [this, name] {
      if (chdir(folder_.path().c_str()) != 0) _exit(13);
      setenv(name, "relative", 1);
    };
  };
  EXPECT_EQ(Path("relative"), Prepared(in_folder("POCL_CACHE_DIR")));
  EXPECT_EQ(Path("relative/pocl/kcache"), Prepared(in_folder("XDG_CACHE_HOME")));
}

TEST_F(PoclFolderTest, WhereNothingMayBeSetPoclIsLeftOutRatherThanTrusted) {
  const std::string open_level = Make("open", 0777);
  const pid_t child = fork();
  if (child == 0) {
    setenv("POCL_CACHE_DIR", open_level.c_str(), 1);
    PreparePoclFolder(EnvironmentUse::kNever);
    const Status refused = CheckPoclFolder();
    const bool told = refused.code() == StatusCode::kDeviceError &&
                      refused.message().find(open_level) != std::string::npos;
    _exit(told && getenv("POCL_CACHE_DIR") == open_level ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(child, waitpid(child, &status, 0));
  EXPECT_EQ(0, status);
  EXPECT_TRUE(std::filesystem::is_empty(open_level));
}

TEST_F(PoclFolderTest, WhatAKilledProcessLeftIsRemovedByAnyNextStart) {
  const std::string left = Path("tmp/mace-pocl-" + std::string(32, 'a'));
  ASSERT_EQ(0, mkdir(left.c_str(), 0700));
  ASSERT_TRUE(WriteFileAtomic(left + "/code.so", Bytes()).ok());
  const std::string own = Make("tmp/mace-pocl-mine", 0700);
  EXPECT_EQ("not set", Prepared([&] { setenv("HOME", Make("own", 0755).c_str(), 1); }));
  EXPECT_FALSE(FileExists(left));
  EXPECT_TRUE(FileExists(own));
}

}  // namespace
}  // namespace mace
