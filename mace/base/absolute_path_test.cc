#include "mace/base/absolute_path.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace mace {
namespace {

TEST(AbsolutePathTest, ARelativePathBeginsAtTheCurrentFolder) {
  const std::string before = std::filesystem::current_path().string();
  const std::string folder = std::filesystem::canonical(testing::TempDir()).string();
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
  std::string folder = testing::TempDir() + "/gone.XXXXXX";
  ASSERT_NE(nullptr, mkdtemp(folder.data()));
  ASSERT_EQ(0, chdir(folder.c_str()));
  ASSERT_EQ(0, rmdir(folder.c_str()));
  EXPECT_EQ("a", AbsolutePath("a"));
  ASSERT_EQ(0, chdir(before.c_str()));
}

}  // namespace
}  // namespace mace
