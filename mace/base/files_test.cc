#include "mace/base/files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <vector>

#include "mace/base/atomic_file.h"
#include "mace/base/coding.h"
#include "mace/base/strings.h"
#include "mace/testing/temporary_folder.h"

namespace mace {
namespace {

class FilesTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return temporary_.At(name); }
  std::string Content(const std::string& name) const {
    StatusOr<std::string> content = ReadFile(Path(name), 1 << 20);
    return content.ok() ? *content : content.status().message();
  }

  const TemporaryFolder temporary_;
  const std::string folder_ = temporary_.path();
};

TEST_F(FilesTest, WriteThenReadReplacesTheFile) {
  ASSERT_TRUE(WriteFileAtomic(Path("a"), AsBytes("first")).ok());
  EXPECT_EQ("first", Content("a"));
  ASSERT_TRUE(
      WriteFileAtomic(Path("a"), std::vector<Bytes>{AsBytes("sec"), AsBytes("ond")}, 0600).ok());
  EXPECT_EQ("second", Content("a"));
  auto file = RandomAccessFile::Open(Path("a"));
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(6u, (*file)->size());
  EXPECT_EQ(0600u, (*file)->mode());
  EXPECT_EQ(getuid(), (*file)->owner());
}

TEST_F(FilesTest, FailedWriteLeavesTheOldFileAndNoTemporary) {
  ASSERT_TRUE(WriteFileAtomic(Path("kept"), AsBytes("old")).ok());
  const Status status = WriteFileAtomic(Path("kept"), [](const FileSink& sink) {
    MACE_RETURN_IF_ERROR(sink(AsBytes("half of it")));
    return Internal("gave up");
  });
  EXPECT_EQ("gave up", status.message());
  EXPECT_EQ("old", Content("kept"));
  EXPECT_FALSE(WriteFileAtomic(folder_, AsBytes("x")).ok());  // A folder cannot be replaced.
  EXPECT_FALSE(WriteFileAtomic(Path("kept/below"), AsBytes("x")).ok());
  EXPECT_FALSE(WriteFileAtomic(Path("missing/below"), AsBytes("x")).ok());
}

TEST_F(FilesTest, AFullDiskIsAStatus) {
  ASSERT_TRUE(WriteFileAtomic(Path("full"), AsBytes("old")).ok());
  signal(SIGXFSZ, SIG_IGN);
  struct rlimit before;
  ASSERT_EQ(0, getrlimit(RLIMIT_FSIZE, &before));
  const struct rlimit small = {4096, before.rlim_max};
  ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &small));
  const std::string large(10000, 'x');
  const Status status = WriteFileAtomic(Path("full"), AsBytes(large));
  ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &before));
  EXPECT_EQ(StatusCode::kIoError, status.code());
  EXPECT_EQ("old", Content("full"));
}

TEST_F(FilesTest, ALinkIsReplacedNotFollowed) {
  ASSERT_TRUE(WriteFileAtomic(Path("target"), AsBytes("target")).ok());
  unlink(Path("link").c_str());
  ASSERT_EQ(0, symlink(Path("target").c_str(), Path("link").c_str()));
  ASSERT_TRUE(WriteFileAtomic(Path("link"), AsBytes("new")).ok());
  EXPECT_EQ("target", Content("target"));
  EXPECT_EQ("new", Content("link"));
}

TEST_F(FilesTest, WhatIsNoRegularFileIsRefusedAtOnce) {
  EXPECT_EQ(StatusCode::kNotFound, ReadFile(Path("none"), 10).status().code());
  const Status directory = ReadFile(folder_, 10).status();
  EXPECT_EQ(StatusCode::kInvalidArgument, directory.code());
  EXPECT_TRUE(EndsWith(directory.message(), "is a directory")) << directory.message();
  unlink(Path("fifo").c_str());
  ASSERT_EQ(0, mkfifo(Path("fifo").c_str(), 0600));
  EXPECT_EQ(StatusCode::kInvalidArgument, ReadFile(Path("fifo"), 10).status().code());
  EXPECT_EQ(StatusCode::kInvalidArgument, ReadFile("/dev/zero", 10).status().code());
}

TEST_F(FilesTest, ReadsAreBounded) {
  ASSERT_TRUE(WriteFileAtomic(Path("ten"), AsBytes("0123456789")).ok());
  EXPECT_EQ(StatusCode::kInvalidArgument, ReadFile(Path("ten"), 9).status().code());
  auto file = RandomAccessFile::Open(Path("ten"));
  ASSERT_TRUE(file.ok());
  std::vector<uint8_t> three(3);
  ASSERT_TRUE((*file)->ReadAt(7, three).ok());
  EXPECT_EQ("789", AsStringView(three));
  EXPECT_EQ(StatusCode::kCorruption, (*file)->ReadAt(8, three).code());
  EXPECT_EQ(StatusCode::kInvalidArgument, (*file)->ReadAt(UINT64_MAX, three).code());
}

TEST_F(FilesTest, Directories) {
  EXPECT_TRUE(MakeDirectories(Path("x/y//z")).ok());
  EXPECT_TRUE(MakeDirectories(Path("x/y/")).ok());
  EXPECT_TRUE(FileExists(Path("x/y/z")));
  ASSERT_TRUE(WriteFileAtomic(Path("file"), AsBytes("x")).ok());
  EXPECT_FALSE(MakeDirectories(Path("file")).ok());
  EXPECT_FALSE(MakeDirectories(Path("file/below")).ok());
}

TEST(PathTest, JoinAndDirectoryName) {
  EXPECT_EQ("a/b", JoinPath("a", "b"));
  EXPECT_EQ("a/b", JoinPath("a/", "b"));
  EXPECT_EQ("/b", JoinPath("a", "/b"));
  EXPECT_EQ("b", JoinPath("", "b"));
  EXPECT_EQ("a/b", DirectoryName("a/b/c"));
  EXPECT_EQ(".", DirectoryName("c"));
  EXPECT_EQ("/", DirectoryName("/c"));
}

TEST_F(FilesTest, AChangedFileIsNoticed) {
  ASSERT_TRUE(WriteFileAtomic(Path("changed"), AsBytes("content")).ok());
  const timespec old[2] = {{1000000000, 0}, {1000000000, 0}};
  ASSERT_EQ(0, utimensat(AT_FDCWD, Path("changed").c_str(), old, 0));
  const auto opened = RandomAccessFile::Open(Path("changed"));
  ASSERT_TRUE(opened.ok());
  const RandomAccessFile& file = **opened;
  EXPECT_TRUE(file.CheckUnchanged().ok());
  // A second file under the first one's name is another file.
  ASSERT_TRUE(WriteFileAtomic(Path("other"), AsBytes("x")).ok());
  EXPECT_TRUE(file.CheckUnchanged().ok());
  {
    std::fstream out(Path("changed"), std::ios::in | std::ios::out);
    out << "C";
  }
  EXPECT_NE(file.CheckUnchanged().message().find("written to"), std::string::npos);
  ASSERT_EQ(0, truncate(Path("changed").c_str(), 3));
  EXPECT_NE(file.CheckUnchanged().message().find("expected 7 bytes, found 3"), std::string::npos);
}

TEST_F(FilesTest, ADescriptorIsTakenOver) {
  ASSERT_TRUE(WriteFileAtomic(Path("taken"), AsBytes("content")).ok());
  const int fd = open(Path("taken").c_str(), O_RDONLY);
  {
    const auto file = RandomAccessFile::FromDescriptor("name", fd);
    ASSERT_TRUE(file.ok());
    EXPECT_EQ(7u, (*file)->size());
    EXPECT_EQ(1u, (*file)->names());
    EXPECT_EQ(fd, (*file)->descriptor());
  }
  EXPECT_EQ(-1, close(fd));
  const int folder = open(folder_.c_str(), O_RDONLY);
  EXPECT_FALSE(RandomAccessFile::FromDescriptor("folder", folder).ok());
  EXPECT_EQ(-1, close(folder));
}

}  // namespace
}  // namespace mace
