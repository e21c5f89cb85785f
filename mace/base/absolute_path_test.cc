#include "mace/base/absolute_path.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "mace/testing/temporary_folder.h"

namespace mace {
namespace {

TEST(AbsolutePathTest, ARelativePathBeginsAtTheCurrentFolder) {
  const std::string before = std::filesystem::current_path().string();
  const TemporaryFolder temporary;
  const std::string folder = std::filesystem::canonical(temporary.path()).string();
  ASSERT_EQ(0, chdir(folder.c_str()));
  EXPECT_EQ(folder + "/a/b", AbsolutePath("a/b"));
  EXPECT_EQ(folder + "/../c", AbsolutePath("../c"));
  EXPECT_EQ("/a/b", AbsolutePath("/a/b"));
  EXPECT_EQ("", AbsolutePath(""));
  ASSERT_EQ(0, chdir("/"));
  EXPECT_EQ("/a", AbsolutePath("a"));
  ASSERT_EQ(0, chdir(before.c_str()));
}

TEST(AbsolutePathTest, WithoutACurrentFolderThePathStaysAsItIs) {
  const std::string before = std::filesystem::current_path().string();
  const TemporaryFolder folder;
  ASSERT_EQ(0, chdir(folder.path().c_str()));
  ASSERT_EQ(0, rmdir(folder.path().c_str()));
  EXPECT_EQ("a", AbsolutePath("a"));
  ASSERT_EQ(0, chdir(before.c_str()));
}

}  // namespace
}  // namespace mace
