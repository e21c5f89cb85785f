// Parts of files in memory: whatever another process does to the file, the bytes are those that it
// had when it was opened, or there is an error.
#include "mace/base/file_block.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "mace/base/atomic_file.h"
#include "mace/testing/patterned_file.h"

namespace mace {
namespace {

constexpr size_t kSize = (size_t{5} << 20) + 123;

class FileBlockTest : public testing::Test {
 protected:
  void SetUp() override {
    // An old file: a change is seen by its time.
    const timespec old[2] = {{1000000000, 0}, {1000000000, 0}};
    ASSERT_EQ(0, utimensat(AT_FDCWD, path_.c_str(), old, 0));
  }

  std::shared_ptr<FileMemory> Open() const { return file_.Open(); }
  bool IsContent(const FileBlock& block, size_t offset) const {
    return file_.Holds(block.bytes(), offset);
  }
  // Cuts the file short, as another process may.
  void Cut(off_t size) const { ASSERT_EQ(0, truncate(path_.c_str(), size)); }

  const PatternedFile file_{kSize};
  const std::string& path_ = file_.path();
  const std::vector<uint8_t>& content_ = file_.content();
};

TEST_F(FileBlockTest, HoldsThePart) {
  for (const auto& [offset, size] : {std::pair<uint64_t, size_t>(0, kSize),
                                     {1, 1},
                                     {4095, 9000},
                                     {12345, size_t{4} << 20},
                                     {kSize - 1, 1}}) {
    const auto block = FileBlock::Find(Open(), offset, size);
    ASSERT_TRUE(block.ok()) << block.status().message();
    EXPECT_EQ(size, (*block)->bytes().size());
    EXPECT_TRUE(IsContent(**block, offset)) << offset;
  }
}

TEST_F(FileBlockTest, PartsThatTheFileDoesNotHave) {
  for (const auto& [offset, size] : {std::pair<uint64_t, size_t>(0, kSize + 1),
                                     {kSize, 1},
                                     {UINT64_MAX, 1},
                                     {1, SIZE_MAX},
                                     {UINT64_MAX, SIZE_MAX},
                                     {0, 0}}) {
    EXPECT_EQ(StatusCode::kCorruption, FileBlock::Find(Open(), offset, size).status().code());
  }
}

TEST_F(FileBlockTest, IsReadWhenItIsFirstWanted) {
  const auto block = FileBlock::Find(Open(), 100, kSize - 100);
  ASSERT_TRUE(block.ok());
  EXPECT_EQ(kSize - 100, (*block)->address_range().size());
  EXPECT_FALSE((*block)->is_in_memory());
  EXPECT_TRUE(IsContent(**block, 100));
  EXPECT_TRUE((*block)->is_in_memory());
}

TEST_F(FileBlockTest, ACutFileChangesNothingOfWhatWasRead) {
  const auto block = FileBlock::Find(Open(), 100, kSize - 100);
  ASSERT_TRUE(block.ok());
  ASSERT_TRUE((*block)->Load().ok());
  Cut(0);
  EXPECT_TRUE(IsContent(**block, 100));
}

TEST_F(FileBlockTest, AFileThatIsCutBeforeItIsReadIsAnError) {
  const auto memory = Open();
  const auto block = FileBlock::Find(memory, 100, kSize - 100);
  ASSERT_TRUE(block.ok());
  Cut(4096);
  const Status status = (*block)->Load();
  EXPECT_EQ(StatusCode::kCorruption, status.code());
  EXPECT_NE(status.message().find(path_), std::string::npos);
  EXPECT_EQ(0u, memory->failed_touches());
  // Who cannot have a Status sees zeros, and somebody else says so.
  const Bytes bytes = (*block)->bytes();
  EXPECT_EQ(0, bytes[0]);
  EXPECT_EQ(0, bytes[bytes.size() - 1]);
  EXPECT_EQ(1u, memory->failed_touches());
  EXPECT_EQ(status.message(), memory->last_error().message());
  EXPECT_FALSE((*block)->is_in_memory());
}

TEST_F(FileBlockTest, ReleasedBytesAreReadAgain) {
  const auto block = FileBlock::Find(Open(), 3, kSize - 3);
  ASSERT_TRUE(block.ok());
  const Bytes part = (*block)->bytes();
  ReleaseFileBlock(part);
  EXPECT_FALSE((*block)->is_in_memory());
  {
    const Bytes middle(part.data() + 1000, 10);
    StatusOr<FilePin> pin = FilePin::Hold(middle);
    ASSERT_TRUE(pin.ok());
    EXPECT_TRUE(pin->holds());
    EXPECT_EQ(content_[1003], middle[0]);
    StatusOr<FilePin> second = FilePin::Hold(part);
    ASSERT_TRUE(second.ok());
    *pin = FilePin();
    ReleaseFileBlock(part);
    EXPECT_TRUE((*block)->is_in_memory());  // The second still holds it.
    EXPECT_TRUE(IsContent(**block, 3));
  }
  EXPECT_FALSE((*block)->is_in_memory());
}

// A pin that reads nothing keeps what others read, and no longer than it lives.
TEST_F(FileBlockTest, KeptBytesStayOnceTheyAreRead) {
  const auto block = FileBlock::Find(Open(), 3, kSize - 3);
  ASSERT_TRUE(block.ok());
  {
    const FilePin pin = FilePin::Keep((*block)->address_range());
    EXPECT_FALSE((*block)->is_in_memory());
    EXPECT_TRUE(IsContent(**block, 3));
    (*block)->Release();
    EXPECT_TRUE((*block)->is_in_memory());
  }
  EXPECT_FALSE((*block)->is_in_memory());
}

// Two blocks of one chunk: it stays until neither needs it.
TEST_F(FileBlockTest, NeighboursKeepEachOther) {
  const auto memory = Open();
  const auto first = FileBlock::Find(memory, 0, 1000), second = FileBlock::Find(memory, 1000, 1000);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_TRUE(IsContent(**first, 0));
  EXPECT_TRUE((*second)->is_in_memory());
  (*first)->Release();
  EXPECT_TRUE((*first)->is_in_memory());
  (*second)->Release();
  EXPECT_FALSE((*first)->is_in_memory());
}

TEST_F(FileBlockTest, OneBlockForOnePart) {
  const auto memory = Open();
  auto first = FileBlock::Find(memory, 5, 1000);
  ASSERT_TRUE(first.ok());
  (*first)->Release();
  const auto again = FileBlock::Find(memory, 5, 1000), other = FileBlock::Find(memory, 5, 999);
  EXPECT_EQ(*first, *again);
  EXPECT_NE(*first, *other);
  // The block was asked for again, so it stays without a pin.
  EXPECT_TRUE(IsContent(**again, 5));
  { ASSERT_TRUE(FilePin::Hold((*again)->address_range()).ok()); }
  EXPECT_TRUE((*again)->is_in_memory());
}

TEST_F(FileBlockTest, AFileThatChangedIsNotReadAgain) {
  const auto block = FileBlock::Find(Open(), 0, kSize);
  ASSERT_TRUE(block.ok());
  ASSERT_TRUE((*block)->Load().ok());
  (*block)->Release();
  {
    // The file keeps its size and gets other bytes.
    const int fd = open(path_.c_str(), O_WRONLY);
    ASSERT_EQ(1, pwrite(fd, "x", 1, 77));
    close(fd);
  }
  const Status status = FilePin::Hold((*block)->address_range()).status();
  EXPECT_EQ(StatusCode::kCorruption, status.code());
  EXPECT_NE(status.message().find("changed"), std::string::npos) << status.message();
  EXPECT_FALSE((*block)->is_in_memory());
  Cut(10);
  EXPECT_FALSE(FilePin::Hold((*block)->address_range()).ok());
}

TEST_F(FileBlockTest, AFileThatIsReplacedByRenamingIsReadAgain) {
  const auto block = FileBlock::Find(Open(), 0, kSize);
  ASSERT_TRUE(block.ok());
  (*block)->Release();
  ASSERT_TRUE(WriteFileAtomic(path_, Bytes(content_.data(), 5)).ok());
  const StatusOr<FilePin> pin = FilePin::Hold((*block)->address_range());
  ASSERT_TRUE(pin.ok()) << pin.status().message();
  EXPECT_TRUE(IsContent(**block, 0));
}

TEST_F(FileBlockTest, OtherMemoryIsLeftAlone) {
  std::vector<uint8_t> own(10000, 7);
  const Bytes bytes(own.data(), own.size());
  ReleaseFileBlock(bytes);
  ReleaseFileBlock({});
  const StatusOr<FilePin> pin = FilePin::Hold(bytes);
  ASSERT_TRUE(pin.ok());
  EXPECT_FALSE(pin->holds());
  EXPECT_EQ(7, own[9999]);
}

TEST_F(FileBlockTest, CountsAgainstTheBudgetWhileInMemory) {
  const auto budget = std::make_shared<MemoryBudget>(kSize + 100);
  const ScopedMemoryBudget scope(budget);
  {
    const auto block = FileBlock::Find(Open(), 0, kSize);
    ASSERT_TRUE(block.ok());
    EXPECT_EQ(0u, budget->used());
    ASSERT_TRUE((*block)->Load().ok());
    EXPECT_EQ(kSize, budget->used());
    const auto second = FileBlock::Find(Open(), 0, kSize);
    EXPECT_EQ(StatusCode::kResourceExhausted, (*second)->Load().code());
    EXPECT_EQ(kSize, budget->used());
    (*block)->Release();
    EXPECT_EQ(0u, budget->used());
    ASSERT_TRUE(FilePin::Hold((*block)->address_range()).ok());
    EXPECT_EQ(0u, budget->used());
    ASSERT_TRUE((*block)->Load().ok());
  }
  EXPECT_EQ(0u, budget->used());
}

TEST_F(FileBlockTest, ManyThreadsPinAndRelease) {
  const auto block = FileBlock::Find(Open(), 0, kSize);
  ASSERT_TRUE(block.ok());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const StatusOr<FilePin> pin = FilePin::Hold((*block)->address_range());
        ASSERT_TRUE(pin.ok());
        const size_t at = (static_cast<size_t>(i) * 99991 + static_cast<size_t>(t)) % kSize;
        ASSERT_EQ(content_[at], (*block)->bytes()[at]);
        (*block)->Release();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE((*block)->is_in_memory());
}

}  // namespace
}  // namespace mace
