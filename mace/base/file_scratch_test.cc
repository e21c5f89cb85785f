// A scratch holds the bytes of the file, wherever they are asked for; bytes that cannot be read are
// an error.
#include "mace/base/file_scratch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "mace/base/atomic_file.h"
#include "mace/base/file_block.h"
#include "mace/base/memory_budget.h"
#include "mace/testing/patterned_file.h"

namespace mace {
namespace {

constexpr size_t kSize = 300'123;

class FileScratchTest : public testing::Test {
 protected:
  std::shared_ptr<const FileBlock> Block(uint64_t offset, size_t size) const {
    return *FileBlock::Find(memory_, offset, size);
  }
  bool IsContent(Bytes bytes, size_t offset) const { return file_.Holds(bytes, offset); }

  const PatternedFile file_{kSize};
  const std::shared_ptr<FileMemory> memory_ = file_.Open();
};

TEST_F(FileScratchTest, GivesThePartsThatItWasGiven) {
  const auto first = Block(3, 1000), second = Block(100'001, 200'000), other = Block(5000, 10);
  FileScratch scratch;
  scratch.Begin({first->address_range(), {}, second->address_range()});
  for (int round = 0; round < 2; ++round) {
    EXPECT_TRUE(IsContent(second->bytes(), 100'001));
    EXPECT_TRUE(IsContent(first->bytes(), 3));
  }
  EXPECT_FALSE(first->is_in_memory());
  EXPECT_FALSE(second->is_in_memory());
  EXPECT_NE(second->bytes().data(), second->address_range().data());
  // Copies are aligned, whatever the offset in the file.
  for (const auto& block : {first, second}) {
    EXPECT_EQ(0u, reinterpret_cast<uintptr_t>(block->bytes().data()) % 64);
  }
  EXPECT_TRUE(IsContent(other->bytes(), 5000));
  EXPECT_TRUE(other->is_in_memory());
  EXPECT_TRUE(scratch.status().ok());
}

TEST_F(FileScratchTest, TheExpectedRoomIsAllocatedOnce) {
  // Each part is rounded up to a cache line: together they need more than their bytes.
  const auto first = Block(3, 1001), second = Block(100'001, 2001);
  const std::vector<Bytes> parts = {first->address_range(), second->address_range()};
  const size_t room = FileScratch::RoomFor(parts);
  EXPECT_GT(room, 3002u);
  const auto budget = std::make_shared<MemoryBudget>(kSize);
  const ScopedMemoryBudget scope(budget);
  FileScratch scratch(room);
  scratch.Begin({second->address_range()});
  EXPECT_TRUE(IsContent(second->bytes(), 100'001));
  const uint64_t used = budget->used();
  EXPECT_EQ(room, used);
  const uint8_t* const address = second->bytes().data();
  scratch.Begin(parts);
  EXPECT_TRUE(IsContent(first->bytes(), 3));
  EXPECT_EQ(address, first->bytes().data());
  EXPECT_EQ(used, budget->used());
}

TEST_F(FileScratchTest, TakesTheMemoryOfEarlierParts) {
  const auto budget = std::make_shared<MemoryBudget>(kSize);
  const ScopedMemoryBudget scope(budget);
  {
    FileScratch scratch(1000);
    for (size_t offset = 0; offset <= 40'000; offset += 9999) {
      const auto block = Block(offset, 200 + 6 * offset);
      scratch.Begin({block->address_range()});
      EXPECT_TRUE(IsContent(block->bytes(), offset));
      EXPECT_GT(budget->used(), 0u);
    }
    EXPECT_TRUE(scratch.status().ok()) << scratch.status().message();
  }
  EXPECT_EQ(0u, budget->used());
}

TEST_F(FileScratchTest, WhatIsInMemoryIsNotReadAgain) {
  const auto block = Block(0, 1000);
  ASSERT_TRUE(block->Load().ok());
  FileScratch scratch;
  scratch.Begin({block->address_range()});
  EXPECT_EQ(block->address_range().data(), block->bytes().data());
}

TEST_F(FileScratchTest, OfSeveralTheLastMadeCounts) {
  const auto block = Block(0, 1000);
  FileScratch outer;
  outer.Begin({block->address_range()});
  const uint8_t* const in_outer = block->bytes().data();
  {
    FileScratch inner;
    EXPECT_EQ(block->address_range().data(),
              FileBlock::Find(memory_, 0, 1000)->get()->bytes().data());
  }
  EXPECT_NE(in_outer, block->address_range().data());
}

TEST_F(FileScratchTest, AFileThatWasCutIsAnErrorAndShowsZeros) {
  const auto block = Block(200'000, 1000);
  ASSERT_EQ(0, truncate(file_.path().c_str(), 10));
  FileScratch scratch;
  scratch.Begin({block->address_range()});
  for (const uint8_t byte : block->bytes()) ASSERT_EQ(0, byte);
  EXPECT_EQ(StatusCode::kCorruption, scratch.status().code());
}

TEST_F(FileScratchTest, NoMemoryIsAnError) {
  const auto block = Block(0, 200'000);
  const ScopedMemoryBudget scope(std::make_shared<MemoryBudget>(1000));
  FileScratch scratch;
  scratch.Begin({block->address_range()});
  block->bytes();
  EXPECT_EQ(StatusCode::kResourceExhausted, scratch.status().code());
}

}  // namespace
}  // namespace mace
