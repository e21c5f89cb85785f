#include "mace/base/file_in_folder.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "mace/base/atomic_file.h"
#include "mace/base/coding.h"
#include "mace/base/file_lock.h"
#include "mace/base/files.h"
#include "mace/base/random_name.h"
#include "mace/testing/temporary_folder.h"

namespace mace {
namespace {

class FileInFolderTest : public testing::Test {
 protected:
  std::string At(const std::string& name) const { return temporary_.At(name); }
  std::string Content(const std::string& name) const {
    StatusOr<std::string> content = ReadFile(At(name), 1 << 20);
    return content.ok() ? *content : content.status().message();
  }

  const TemporaryFolder temporary_;
};

TEST_F(FileInFolderTest, APathIsResolvedByEachCall) {
  const FileInFolder file("folder/name");
  EXPECT_EQ(AT_FDCWD, file.folder);
  EXPECT_EQ("folder/name", file.name);
  EXPECT_EQ("folder/", file.FolderPart());
  EXPECT_EQ("", FileInFolder("name").FolderPart());
  EXPECT_EQ("folder/name.lock", file.WithSuffix(".lock").path);
}

TEST_F(FileInFolderTest, AMissingFolderIsAStatus) {
  const Status missing = OpenFolder::Open(At("missing")).status();
  EXPECT_EQ(StatusCode::kNotFound, missing.code());
  EXPECT_NE(missing.message().find(At("missing") + ": open"), std::string::npos);
  ASSERT_TRUE(WriteFileAtomic(At("file"), AsBytes("x")).ok());
  EXPECT_EQ(StatusCode::kIoError, OpenFolder::Open(At("file")).status().code());
}

// All that is done with a file stays in the folder that was opened, wherever that folder goes and
// whatever takes its place.
TEST_F(FileInFolderTest, AFolderThatIsRenamedStaysTheSameFolder) {
  ASSERT_TRUE(MakeDirectories(At("a")).ok());
  ASSERT_TRUE(WriteFileAtomic(At("a/name"), AsBytes("old")).ok());
  StatusOr<OpenFolder> folder = OpenFolder::Open(At("a"));
  ASSERT_TRUE(folder.ok());
  const FileInFolder file = folder->File(At("a/name"));
  EXPECT_EQ(At("a/name"), file.path);
  ASSERT_EQ(0, rename(At("a").c_str(), At("b").c_str()));
  ASSERT_TRUE(MakeDirectories(At("a")).ok());
  const std::string stale = At("b/name.tmp.") + std::string(kRandomNameSize, 'a');
  ASSERT_TRUE(WriteFileAtomic(stale, AsBytes("left")).ok());

  EXPECT_TRUE(FileLock::Acquire(file.WithSuffix(".lock"), 0).ok());
  EXPECT_TRUE(FileExists(At("b/name.lock")));
  auto opened = RandomAccessFile::Open(file);
  ASSERT_TRUE(opened.ok()) << opened.status().message();
  EXPECT_EQ(3u, (*opened)->size());
  EXPECT_TRUE(WriteFileAtomic(file, AsBytes("new")).ok());
  EXPECT_EQ("new", Content("b/name"));
  RemoveStaleTemporaries(file);
  EXPECT_FALSE(FileExists(stale));
  EXPECT_FALSE(FileExists(At("a/name")));
  EXPECT_FALSE(FileExists(At("a/name.lock")));
}

TEST_F(FileInFolderTest, ANameThatIsMissingIsNamedByItsPath) {
  StatusOr<OpenFolder> folder = OpenFolder::Open(temporary_.path());
  ASSERT_TRUE(folder.ok());
  const Status missing = RandomAccessFile::Open(folder->File(At("none"))).status();
  EXPECT_EQ(StatusCode::kNotFound, missing.code());
  EXPECT_NE(missing.message().find(At("none") + ": open"), std::string::npos);
  // A path that ends with a slash is the folder itself.
  EXPECT_EQ(StatusCode::kInvalidArgument,
            RandomAccessFile::Open(folder->File(temporary_.path() + "/")).status().code());
}

}  // namespace
}  // namespace mace
