// Where PoCL's own folder cannot be made, PoCL would hide its device: here it is given another.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mace/base/atomic_file.h"
#include "mace/base/files.h"
#include "mace/base/span.h"
#include "mace/cl/device.h"
#include "mace/cl/pocl_folder.h"

namespace mace {
namespace {

TEST(PoclFolderTest, AnUnwritableDefaultGetsATemporaryFolderThatIsRemovedAtExit) {
  const std::string file = testing::TempDir() + "not-a-folder";
  ASSERT_TRUE(WriteFileAtomic(file, Bytes()).ok());
  const std::string name_file = testing::TempDir() + "name-of-the-folder";
  // A process of its own: the environment is read once.
  const pid_t child = fork();
  if (child == 0) {
    unsetenv("POCL_CACHE_DIR");
    setenv("XDG_CACHE_HOME", file.c_str(), 1);
    setenv("TMPDIR", testing::TempDir().c_str(), 1);
    PreparePoclFolder();
    const char* made = getenv("POCL_CACHE_DIR");
    if (made == nullptr || !FileExists(made)) _exit(10);
    const std::string text = made;
    const Bytes bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size());
    if (!WriteFileAtomic(name_file, bytes).ok()) _exit(11);
    StatusOr<std::shared_ptr<ClDevice>> device = OpenDevice("gpu");
    exit(device.ok() ? 0 : 12);
  }
  int status = 0;
  ASSERT_EQ(child, waitpid(child, &status, 0));
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(0, WEXITSTATUS(status));
  StatusOr<std::string> name = ReadFile(name_file, 4096);
  ASSERT_TRUE(name.ok());
  EXPECT_FALSE(name->empty());
  EXPECT_FALSE(FileExists(*name)) << *name << " was left behind";
}

TEST(PoclFolderTest, AFolderOfTheUsersIsLeftAlone) {
  const pid_t child = fork();
  if (child == 0) {
    setenv("POCL_CACHE_DIR", "/the/users/choice", 1);
    PreparePoclFolder();
    _exit(std::string(getenv("POCL_CACHE_DIR")) == "/the/users/choice" ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(child, waitpid(child, &status, 0));
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace mace
