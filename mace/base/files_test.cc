#include "mace/base/files.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include "mace/base/atomic_file.h"
#include "mace/base/clock.h"
#include "mace/base/coding.h"
#include "mace/base/file_lock.h"
#include "mace/base/mapped_file.h"
#include "mace/base/strings.h"

namespace mace {
namespace {

class FilesTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = JoinPath(testing::TempDir(), "files_test." + std::to_string(getpid()));
    ASSERT_TRUE(MakeDirectories(folder_).ok());
  }

  std::string Path(const std::string& name) const { return JoinPath(folder_, name); }
  std::string Content(const std::string& name) const {
    StatusOr<std::string> content = ReadFile(Path(name), 1 << 20);
    return content.ok() ? *content : content.status().message();
  }

  std::string folder_;
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
  EXPECT_EQ(StatusCode::kInvalidArgument, MappedFile::Open(Path("fifo")).status().code());
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

TEST_F(FilesTest, StaleTemporariesGoOthersStay) {
  for (const char* name : {"f.tmp.12.0", "f.tmp.mine", "g.tmp.12.0", "f"}) {
    std::ofstream(Path(name)) << "x";
  }
  RemoveStaleTemporaries(Path("f"));
  EXPECT_FALSE(FileExists(Path("f.tmp.12.0")));
  EXPECT_TRUE(FileExists(Path("f.tmp.mine")));
  EXPECT_TRUE(FileExists(Path("g.tmp.12.0")));
  EXPECT_TRUE(FileExists(Path("f")));
}

TEST_F(FilesTest, LocksExcludeAndAreWaitedForABoundedTime) {
  auto first = FileLock::Acquire(Path("lock"), 0);
  ASSERT_TRUE(first.ok());
  const double start = MonotonicMilliseconds();
  EXPECT_EQ(StatusCode::kIoError, FileLock::Acquire(Path("lock"), 30).status().code());
  EXPECT_GE(MonotonicMilliseconds() - start, 30);
  std::thread releaser([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    FileLock released = *std::move(first);
  });
  EXPECT_TRUE(FileLock::Acquire(Path("lock"), 10000).ok());
  releaser.join();
  EXPECT_TRUE(FileLock::Acquire(Path("lock"), 0).ok());
  EXPECT_FALSE(FileLock::Acquire(folder_, 0).ok());
  EXPECT_EQ(StatusCode::kIoError, FileLock::Acquire(Path("missing/lock"), 0).status().code());
}

TEST_F(FilesTest, MappedFileShowsTheContent) {
  ASSERT_TRUE(WriteFileAtomic(Path("mapped"), AsBytes("content")).ok());
  auto mapped = MappedFile::Open(Path("mapped"));
  ASSERT_TRUE(mapped.ok());
  EXPECT_EQ("content", AsStringView((*mapped)->bytes()));
  ASSERT_TRUE(WriteFileAtomic(Path("empty"), Bytes()).ok());
  auto empty = MappedFile::Open(Path("empty"));
  ASSERT_TRUE(empty.ok());
  EXPECT_TRUE((*empty)->bytes().empty());
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

// Of the file's mapping, in this process.
size_t ResidentBytes(const MappedFile& file) {
  std::ostringstream first;
  first << std::hex << reinterpret_cast<uintptr_t>(file.bytes().data()) << '-';
  std::ifstream maps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    size_t kilobytes = 0;
    inside = inside || StartsWith(line, first.str());
    if (inside && std::sscanf(line.c_str(), "Rss: %zu kB", &kilobytes) == 1) {
      return kilobytes * 1024;
    }
  }
  return SIZE_MAX;
}

TEST_F(FilesTest, PagesOfAMappedFileAreGivenBackAndReadAgain) {
  const std::string path = Path("mapped");
  std::string content(1 << 20, 'x');
  for (size_t i = 0; i < content.size(); i += 4096) content[i] = static_cast<char>(i >> 12);
  ASSERT_TRUE(WriteFileAtomic(path, AsBytes(content)).ok());
  const auto file = MappedFile::Open(path);
  ASSERT_TRUE(file.ok());
  const Bytes bytes = (*file)->bytes();
  ASSERT_EQ(std::memcmp(bytes.data(), content.data(), content.size()), 0);
  const size_t before = ResidentBytes(**file);
  ASSERT_EQ(before, content.size());
  // Pages that are not whole stay.
  ReleaseMappedPages({bytes.data() + 100, 3 * 4096});
  EXPECT_EQ(ResidentBytes(**file), before - 2 * 4096);
  ReleaseMappedPages(bytes);
  EXPECT_EQ(ResidentBytes(**file), 0u);
  EXPECT_EQ(std::memcmp(bytes.data(), content.data(), content.size()), 0);
}

TEST_F(FilesTest, OtherMemoryIsNotGivenBack) {
  const std::string path = Path("mapped");
  ASSERT_TRUE(WriteFileAtomic(path, AsBytes(std::string(8192, 'x'))).ok());
  const auto file = MappedFile::Open(path);
  ASSERT_TRUE(file.ok());
  std::vector<uint8_t> own(1 << 20, 7);
  ReleaseMappedPages(own);
  ReleaseMappedPages({});
  EXPECT_EQ(std::count(own.begin(), own.end(), 7), 1 << 20);
}

}  // namespace
}  // namespace mace
