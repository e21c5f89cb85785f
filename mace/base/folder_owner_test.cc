// Which folders only this user and root can change. Cases with folders of another user are left out
// where the test does not run as root.
#include "mace/base/folder_owner.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "mace/base/atomic_file.h"
#include "mace/base/files.h"
#include "mace/testing/temporary_folder.h"

namespace mace {
namespace {

constexpr uid_t kAnotherUser = 54321;

class FolderOwnerTest : public testing::Test {
 protected:
  // A folder below the test's with this mode, whatever the umask is.
  std::string Make(const std::string& name, mode_t mode = 0755) const {
    const std::string path = JoinPath(folder_, name);
    EXPECT_TRUE(MakeDirectories(path).ok());
    EXPECT_EQ(0, chmod(path.c_str(), mode));
    return path;
  }

  static void ExpectOthers(const std::string& path, const std::string& why) {
    const FolderJudgement judgement = JudgeFolder(path);
    EXPECT_EQ(FolderOwner::kOthers, judgement.owner) << path;
    EXPECT_NE(std::string::npos, judgement.why.find(why)) << judgement.why;
  }

  // The levels above the folder are root's.
  const TemporaryFolder temporary_{TemporaryFolder::Place::kShared};
  const std::string folder_ = temporary_.path();
};

TEST_F(FolderOwnerTest, OwnFoldersAndThoseThatOnlyWeCanMake) {
  const std::string deep = Make("a/b");
  EXPECT_EQ(FolderOwner::kOurs, JudgeFolder(deep).owner) << JudgeFolder(deep).why;
  EXPECT_EQ(deep, JudgeFolder(deep + "/.././b/").nearest);
  const FolderJudgement missing = JudgeFolder(deep + "/c/d");
  EXPECT_EQ(FolderOwner::kMissing, missing.owner);
  EXPECT_EQ(deep, missing.nearest);
  EXPECT_EQ(FolderOwner::kShared, JudgeFolder("/tmp").owner);
  ExpectOthers(deep + "/c/../../b", "does not exist");
}

TEST_F(FolderOwnerTest, WhatOthersMayWriteIsTheirs) {
  const std::string top = Make("top"), below = Make("top/below");
  ASSERT_EQ(0, chmod(top.c_str(), 0777));
  ExpectOthers(top, "may be written by other users");
  ExpectOthers(below, top + " may be written");
  // With the sticky bit what is below stays ours, and what is missing may be made by anyone.
  ASSERT_EQ(0, chmod(top.c_str(), 01777));
  EXPECT_EQ(FolderOwner::kShared, JudgeFolder(top).owner);
  EXPECT_EQ(FolderOwner::kOurs, JudgeFolder(below).owner);
  ExpectOthers(top + "/missing", "can be made by any user");
}

TEST_F(FolderOwnerTest, LinksLeadWhereTheyPoint) {
  const std::string open_folder = Make("open", 0777), own = Make("own");
  const std::string link = JoinPath(folder_, "link");
  ASSERT_EQ(0, symlink("own", link.c_str()));
  EXPECT_EQ(own, JudgeFolder(link).nearest);
  ASSERT_EQ(0, unlink(link.c_str()));
  ASSERT_EQ(0, symlink(open_folder.c_str(), link.c_str()));
  ExpectOthers(link, open_folder + " may be written");
  ExpectOthers(link + "/..//own/x/../link", "open may be written");
  ASSERT_EQ(0, unlink(link.c_str()));
  ASSERT_EQ(0, symlink("link", link.c_str()));
  ExpectOthers(link, "cannot be followed");
  ASSERT_TRUE(std::filesystem::create_directory(JoinPath(own, "x")));
  ASSERT_EQ(0, unlink(link.c_str()));
  ASSERT_EQ(0, mkfifo(link.c_str(), 0600));
  ExpectOthers(link, "is not a folder");
}

TEST_F(FolderOwnerTest, AnotherUsersLevelIsNotOurs) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give folders away";
  const std::string theirs = Make("theirs"), below = Make("theirs/below");
  ASSERT_EQ(0, chown(theirs.c_str(), kAnotherUser, kAnotherUser));
  ExpectOthers(theirs, "belongs to another user (54321)");
  ExpectOthers(below, theirs + " belongs");
  ExpectOthers(theirs + "/missing", theirs + " belongs");
  const std::string link = JoinPath(folder_, "link");
  ASSERT_EQ(0, symlink(Make("own").c_str(), link.c_str()));
  ASSERT_EQ(0, lchown(link.c_str(), kAnotherUser, kAnotherUser));
  ExpectOthers(link, "is a link of another user");
}

TEST_F(FolderOwnerTest, AGroupOfOthersMayNotWrite) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give folders to another group";
  const std::string grouped = Make("grouped", 0775);
  EXPECT_EQ(FolderOwner::kOurs, JudgeFolder(grouped).owner) << "root's own group";
  ASSERT_EQ(0, chown(grouped.c_str(), 0, kAnotherUser));
  ASSERT_EQ(0, chmod(grouped.c_str(), 0775));
  ExpectOthers(grouped, "may be written by other users");
}

TEST_F(FolderOwnerTest, WhatLiesInAFolderIsJudgedToo) {
  const std::string top = Make("top"), inside = Make("top/AB");
  ASSERT_TRUE(WriteFileAtomic(JoinPath(top, "file"), Bytes(), 0666).ok());
  std::string why;
  EXPECT_TRUE(SubfoldersAreOurs(top, &why)) << why;
  ASSERT_EQ(0, chmod(inside.c_str(), 01777));
  EXPECT_FALSE(SubfoldersAreOurs(top, &why));
  EXPECT_NE(std::string::npos, why.find("AB may be written")) << why;
  ASSERT_EQ(0, chmod(inside.c_str(), 0700));
  ASSERT_EQ(0, symlink(inside.c_str(), JoinPath(top, "CD").c_str()));
  why.clear();
  EXPECT_FALSE(SubfoldersAreOurs(top, &why));
  EXPECT_NE(std::string::npos, why.find("CD is a link")) << why;
}

}  // namespace
}  // namespace mace
