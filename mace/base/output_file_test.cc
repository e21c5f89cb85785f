#include "mace/base/output_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <thread>

#include "mace/base/coding.h"
#include "mace/base/files.h"
#include "mace/testing/temporary_folder.h"

namespace mace {
namespace {

class OutputFileTest : public testing::Test {
 protected:
  std::string At(const std::string& name) const { return folder_.At(name); }
  static std::string Content(const std::string& path) {
    StatusOr<std::string> text = ReadFile(path, 1 << 20);
    return text.ok() ? *text : text.status().message();
  }
  static mode_t KindOf(const std::string& path) {
    struct stat info = {};
    return lstat(path.c_str(), &info) == 0 ? info.st_mode & S_IFMT : 0;
  }
  static Status Write(const std::string& path, const std::string& text) {
    return WriteOutputFile(path, AsBytes(text));
  }

  const TemporaryFolder folder_;
};

TEST_F(OutputFileTest, ARegularFileIsReplacedAsAWhole) {
  ASSERT_TRUE(Write(At("new"), "first").ok());
  const int reader = open(At("new").c_str(), O_RDONLY);
  ASSERT_TRUE(Write(At("new"), "second").ok());
  EXPECT_EQ(Content(At("new")), "second");
  // One who had opened the old file still reads the old one, whole.
  char old[16] = {};
  EXPECT_EQ(read(reader, old, sizeof(old)), 5);
  EXPECT_STREQ(old, "first");
  close(reader);
}

TEST_F(OutputFileTest, ALinkStaysAndItsTargetIsWritten) {
  ASSERT_TRUE(Write(At("target"), "an older and longer text").ok());
  ASSERT_EQ(symlink("target", At("link").c_str()), 0);
  ASSERT_TRUE(Write(At("link"), "new").ok());
  EXPECT_EQ(KindOf(At("link")), static_cast<mode_t>(S_IFLNK));
  EXPECT_EQ(Content(At("target")), "new");
}

TEST_F(OutputFileTest, ALinkToNothingMakesItsTarget) {
  ASSERT_EQ(symlink("not_there_yet", At("link").c_str()), 0);
  ASSERT_TRUE(Write(At("link"), "new").ok());
  EXPECT_EQ(KindOf(At("link")), static_cast<mode_t>(S_IFLNK));
  EXPECT_EQ(Content(At("not_there_yet")), "new");

  ASSERT_EQ(symlink("no_folder/file", At("lost").c_str()), 0);
  const Status lost = Write(At("lost"), "new");
  EXPECT_EQ(lost.code(), StatusCode::kIoError);
  EXPECT_NE(lost.message().find(At("lost")), std::string::npos) << lost.message();
}

TEST_F(OutputFileTest, AFifoIsWrittenThrough) {
  ASSERT_EQ(mkfifo(At("fifo").c_str(), 0600), 0);
  std::string got;
  std::thread reader([&] {
    const int fd = open(At("fifo").c_str(), O_RDONLY);
    char part[64];
    for (ssize_t n; (n = read(fd, part, sizeof(part))) > 0;) {
      got.append(part, static_cast<size_t>(n));
    }
    close(fd);
  });
  const std::string text(200000, 'x');  // More than a pipe holds.
  const Status written = Write(At("fifo"), text);
  reader.join();
  ASSERT_TRUE(written.ok()) << written.message();
  EXPECT_EQ(got, text);
  EXPECT_EQ(KindOf(At("fifo")), static_cast<mode_t>(S_IFIFO));
}

TEST_F(OutputFileTest, APipeByItsDescriptorIsWrittenThrough) {
  // A path as a shell's process substitution gives it.
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  ASSERT_TRUE(Write("/dev/fd/" + std::to_string(ends[1]), "through").ok());
  char got[16] = {};
  EXPECT_EQ(read(ends[0], got, sizeof(got)), 7);
  EXPECT_STREQ(got, "through");
  close(ends[0]);
  close(ends[1]);
}

TEST_F(OutputFileTest, ADeviceIsWrittenThrough) {
  EXPECT_TRUE(Write("/dev/null", "gone").ok());
  EXPECT_EQ(KindOf("/dev/null"), static_cast<mode_t>(S_IFCHR));
  const Status full = Write("/dev/full", "no room");
  EXPECT_EQ(full.code(), StatusCode::kIoError);
  EXPECT_NE(full.message().find("/dev/full: write: No space left"), std::string::npos)
      << full.message();
}

TEST_F(OutputFileTest, AFolderIsRefused) {
  const Status folder = Write(folder_.path(), "text");
  EXPECT_EQ(folder.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(folder.message().find("a folder"), std::string::npos) << folder.message();
}

}  // namespace
}  // namespace mace
