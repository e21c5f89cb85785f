// A cache file of somebody else's is neither used nor replaced, unless the caller says so.
#include "mace/cache/file_owner.h"

#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "mace/base/files.h"
#include "mace/base/strings.h"
#include "mace/cache/maintain.h"
#include "mace/cache/store.h"
#include "mace/cache/verify.h"
#include "mace/testing/cache/sample.h"
#include "mace/testing/temporary_folder.h"

namespace mace {
namespace {

constexpr uid_t kUser = 54321;

// The state of the file at a path: owner, mode, inode, and its bytes.
struct FileState {
  uid_t owner = 0;
  mode_t mode = 0;
  ino_t inode = 0;
  std::string content;
  bool operator==(const FileState& other) const {
    return owner == other.owner && mode == other.mode && inode == other.inode &&
           content == other.content;
  }
};

class FileOwnerTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(0, chmod(folder_.c_str(), 0777)); }

  // A start of a process that has to compile program `number`.
  static Status AddOne(const std::string& path, int number, const CacheStoreOptions& options = {}) {
    auto store = CacheStore::Open(path, options);
    MACE_RETURN_IF_ERROR(store->AddProgram(SampleProgram(number)));
    return store->Flush();
  }
  static bool Holds(const std::string& path, int number, const CacheStoreOptions& options = {}) {
    return CacheStore::Open(path, options)->HasProgram(SampleProgram(number).key);
  }

  // Runs `work` as another user; true where it gave "".
  static void AsUser(const std::function<std::string()>& work) {
    const pid_t child = fork();
    if (child == 0) {
      if (setgroups(0, nullptr) != 0 || setgid(kUser) != 0 || setuid(kUser) != 0) _exit(2);
      const std::string said = work();
      if (!said.empty()) fprintf(stderr, "the user: %s\n", said.c_str());
      _exit(said.empty() ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(child, waitpid(child, &status, 0));
    EXPECT_EQ(0, status);
  }

  FileState State() const {
    struct stat info = {};
    EXPECT_EQ(0, stat(path_.c_str(), &info));
    StatusOr<std::string> content = ReadFile(path_, 1 << 20);
    return {info.st_uid, info.st_mode, info.st_ino, content.ok() ? *content : "unreadable"};
  }

  // Checks what a store says about the file, and that the file stays as it is.
  void ExpectLeftAlone(const std::string& why) {
    const FileState before = State();
    auto store = CacheStore::Open(path_);
    EXPECT_EQ(CacheFileStatus::kRejected, store->status());
    EXPECT_NE(std::string::npos, store->reason().find(why)) << store->reason();
    EXPECT_NE(std::string::npos, store->reason().find("--cache-allow-shared")) << "what to do?";
    ASSERT_TRUE(store->AddProgram(SampleProgram(9)).ok());
    const Status refused = store->Flush();
    EXPECT_EQ(StatusCode::kFailedPrecondition, refused.code());
    EXPECT_EQ(store->reason(), refused.message());
    EXPECT_FALSE(store->IsNews(refused)) << "the reason was told when the store was opened";
    EXPECT_TRUE(store->FindProgram(SampleProgram(9).key).ok()) << "what was added is lost";
    EXPECT_TRUE(before == State());
  }

  // Another user must reach the folder, too.
  const TemporaryFolder temporary_{TemporaryFolder::Place::kShared};
  const std::string folder_ = temporary_.path(), path_ = JoinPath(folder_, kCacheFileName);
};

TEST_F(FileOwnerTest, AFileThatOthersMayWriteIsLeftAlone) {
  ASSERT_TRUE(AddOne(path_, 1).ok());
  for (mode_t mode : {0620, 0602, 0666}) {
    ASSERT_EQ(0, chmod(path_.c_str(), mode));
    ExpectLeftAlone("group or others may write it");
  }
  ASSERT_EQ(0, chmod(path_.c_str(), 0600));
  EXPECT_TRUE(AddOne(path_, 2).ok());
  EXPECT_TRUE(Holds(path_, 1) && Holds(path_, 2));
}

TEST_F(FileOwnerTest, RootLeavesAUsersFileAlone) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can take another user's place";
  AsUser([&] { return AddOne(path_, 1).message(); });
  ASSERT_EQ(0, unlink((path_ + ".lock").c_str()));
  ExpectLeftAlone("belongs to another user (54321)");
  EXPECT_FALSE(FileExists(path_ + ".lock")) << "a lock of root's would lock the user out";
  EXPECT_FALSE(MergeCacheFiles({path_}, path_).ok());
  AsUser([&]() -> std::string {
    if (!Holds(path_, 1)) return "cold";
    return AddOne(path_, 2).message();
  });
}

TEST_F(FileOwnerTest, WhereTheCallerAllowsItBothUseAndKeepOneFile) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can take another user's place";
  AsUser([&] { return AddOne(path_, 1).message(); });
  ASSERT_EQ(0, chmod(path_.c_str(), 0640));
  CacheStoreOptions options;
  options.trust.allow_untrusted = true;
  ASSERT_TRUE(AddOne(path_, 2, options).ok());
  EXPECT_EQ(kUser, State().owner);
  EXPECT_EQ(0640u, State().mode & 0777);
  AsUser([&]() -> std::string {
    if (!Holds(path_, 1) || !Holds(path_, 2)) return "cold";
    return AddOne(path_, 3).message();
  });
}

TEST_F(FileOwnerTest, ARootsFileIsUsedAndNotReplaced) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can take another user's place";
  ASSERT_TRUE(AddOne(path_, 1).ok());
  ASSERT_EQ(0, chmod(path_.c_str(), 0644));
  const FileState before = State();
  AsUser([&]() -> std::string {
    if (!Holds(path_, 1)) return "cold";
    const Status refused = AddOne(path_, 2);
    if (refused.code() != StatusCode::kFailedPrecondition) return "replaced: " + refused.message();
    return refused.message().find("belongs to root") != std::string::npos ? "" : refused.message();
  });
  EXPECT_TRUE(before == State());
  // One that the user may not even read is told apart from a bad one, and left alone as well.
  ASSERT_EQ(0, chmod(path_.c_str(), 0600));
  AsUser([&]() -> std::string {
    auto store = CacheStore::Open(path_);
    if (store->reason().find("belongs to another user (0)") == std::string::npos) {
      return store->reason();
    }
    CacheStoreOptions options;
    options.trust.allow_untrusted = true;  // The file's programs could not be kept.
    const Status refused = AddOne(path_, 2, options);
    return refused.code() == StatusCode::kFailedPrecondition ? "" : "replaced";
  });
  EXPECT_EQ(before.content, State().content);
}

TEST_F(FileOwnerTest, LinksAreReplacedByTheirOwnersAlone) {
  const std::string target = JoinPath(folder_, "target");
  ASSERT_TRUE(AddOne(target, 1).ok());
  ASSERT_EQ(0, symlink("target", path_.c_str()));
  std::optional<FileOwnership> keep;
  EXPECT_TRUE(CheckReplaceable(path_, false, &keep).ok());
  EXPECT_FALSE(keep.has_value());
  ASSERT_EQ(0, chmod(target.c_str(), 0666));
  EXPECT_EQ(StatusCode::kFailedPrecondition, CheckReplaceable(path_, false, &keep).code());
  if (geteuid() == 0) {
    ASSERT_EQ(0, chmod(target.c_str(), 0600));
    ASSERT_EQ(0, lchown(path_.c_str(), kUser, kUser));
    EXPECT_EQ(StatusCode::kFailedPrecondition, CheckReplaceable(path_, false, &keep).code());
  }
  EXPECT_EQ(StatusCode::kInvalidArgument, CheckReplaceable(folder_, false, &keep).code());
  EXPECT_EQ(StatusCode::kInvalidArgument, CheckReplaceable("/dev/null", true, &keep).code());
}

}  // namespace
}  // namespace mace
