// Names of temporary files, and what becomes of them.
#include "mace/base/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "mace/base/files.h"
#include "mace/base/random_name.h"
#include "mace/base/strings.h"
#include "mace/testing/temporary_folder.h"

namespace mace {
namespace {

Bytes BytesOf(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

class AtomicFileTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return folder_.At(name); }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  const TemporaryFolder folder_;
};

TEST_F(AtomicFileTest, TheTemporaryHasARandomName) {
  std::vector<std::string> while_written;
  ASSERT_TRUE(WriteFileAtomic(Path("c.bin"), [&](const FileSink& sink) {
                while_written = Names();
                return sink(BytesOf("content"));
              }).ok());
  ASSERT_EQ(1u, while_written.size());
  const std::string prefix = "c.bin.tmp.";
  ASSERT_TRUE(StartsWith(while_written[0], prefix));
  EXPECT_TRUE(IsRandomName(while_written[0].substr(prefix.size())));
  EXPECT_EQ(std::vector<std::string>{"c.bin"}, Names());
}

TEST_F(AtomicFileTest, ANameOfAnyLengthHasRoomForATemporary) {
  const std::string name(250, 'n');
  EXPECT_TRUE(WriteFileAtomic(Path(name), BytesOf("content")).ok());
  std::ofstream(Path(name.substr(0, 218) + ".tmp." + std::string(32, 'a'))) << "left behind";
  RemoveStaleTemporaries(Path(name));
  EXPECT_EQ(std::vector<std::string>{name}, Names());
}

TEST_F(AtomicFileTest, AWriterThatFailsOrThrowsLeavesNothing) {
  const Status status = WriteFileAtomic(Path("f"), [](const FileSink& sink) {
    MACE_RETURN_IF_ERROR(sink(BytesOf("half")));
    return Internal("gave up");
  });
  EXPECT_EQ("gave up", status.message());
  const auto throwing = [](const FileSink&) -> Status { throw std::bad_alloc(); };
  EXPECT_THROW(WriteFileAtomic(Path("f"), throwing).ok(), std::bad_alloc);
  EXPECT_TRUE(Names().empty());
  // The message is the same each time: it names the file, not the temporary one.
  EXPECT_EQ(WriteFileAtomic(Path("no/f"), Bytes()).message(),
            WriteFileAtomic(Path("no/f"), Bytes()).message());
}

TEST_F(AtomicFileTest, OnlyOurOwnTemporariesAreRemoved) {
  const std::string digits = "0123456789abcdef0123456789abcdef";
  std::vector<std::string> stay = {"f",
                                   "f.tmp.2024",
                                   "f.tmp.12.0",
                                   "f.tmp.mine",
                                   "g.tmp." + digits,
                                   "f.tmp." + digits + "0",
                                   "f.tmp",
                                   "f.tmp." + digits + ".x"};
  for (const std::string& name : stay) std::ofstream(Path(name)) << "x";
  const std::string link = "f.tmp." + std::string(32, 'a'),
                    linked = "f.tmp." + std::string(32, 'b');
  ASSERT_EQ(0, symlink("f", Path(link).c_str()));
  ASSERT_EQ(0, ::link(Path("f").c_str(), Path(linked).c_str()));
  const std::string directory = "f.tmp." + std::string(32, 'c');
  ASSERT_TRUE(MakeDirectories(Path(directory)).ok());
  stay.insert(stay.end(), {link, linked, directory});
  if (geteuid() == 0) {
    const std::string theirs = "f.tmp." + std::string(32, 'd');
    std::ofstream(Path(theirs)) << "x";
    ASSERT_EQ(0, chown(Path(theirs).c_str(), 54321, 54321));
    stay.push_back(theirs);
  }
  std::ofstream(Path("f.tmp." + digits)) << "left behind";
  RemoveStaleTemporaries(Path("f"));
  EXPECT_FALSE(FileExists(Path("f.tmp." + digits)));
  for (const std::string& name : stay) EXPECT_TRUE(FileExists(Path(name))) << name;
}

TEST_F(AtomicFileTest, ASharedFileKeepsItsOwnerAndMode) {
  std::ofstream(Path("shared")) << "x";
  FileOwnership ownership;
  ownership.mode = 0666;
  ownership.user = geteuid() == 0 ? 54321 : geteuid();
  ownership.group = geteuid() == 0 ? 54321 : getegid();
  const std::string text = "content";
  const Bytes content = BytesOf(text);
  const mode_t before = umask(077);
  ASSERT_TRUE(
      WriteSharedFileAtomic(Path("shared"), Span<const Bytes>(&content, 1), ownership).ok());
  umask(before);
  struct stat info = {};
  ASSERT_EQ(0, stat(Path("shared").c_str(), &info));
  EXPECT_EQ(0666u, info.st_mode & 0777);
  EXPECT_EQ(ownership.user, info.st_uid);
  EXPECT_EQ(ownership.group, info.st_gid);
}

}  // namespace
}  // namespace mace
