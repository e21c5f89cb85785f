#include "mace/base/page_block.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

namespace mace {
namespace {

TEST(PageBlock, IsZeroedAlignedAndWritableToItsEnd) {
  for (size_t bytes : {size_t{1}, size_t{4096}, size_t{100000}, size_t{5} << 20}) {
    StatusOr<PageBlock> block = PageBlock::Allocate(bytes);
    ASSERT_TRUE(block.ok()) << block.status().message();
    const MutableBytes memory = block->bytes();
    ASSERT_EQ(memory.size(), bytes);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(memory.data()) % 4096, 0u);
    EXPECT_TRUE(std::all_of(memory.begin(), memory.end(), [](uint8_t byte) { return byte == 0; }));
    std::fill(memory.begin(), memory.end(), uint8_t{7});
    EXPECT_EQ(memory[bytes - 1], 7);
  }
}

TEST(PageBlock, MovesAndMayBeEmpty) {
  PageBlock empty;
  EXPECT_EQ(empty.bytes().size(), 0u);
  EXPECT_EQ(PageBlock::Allocate(0)->bytes().size(), 0u);
  StatusOr<PageBlock> block = PageBlock::Allocate(10);
  ASSERT_TRUE(block.ok());
  block->bytes()[3] = 5;
  empty = *std::move(block);
  const PageBlock moved = std::move(empty);
  EXPECT_EQ(moved.bytes()[3], 5);
}

TEST(PageBlock, WhatTheSystemDoesNotHaveIsAStatus) {
  for (size_t bytes :
       {std::numeric_limits<size_t>::max(), std::numeric_limits<size_t>::max() / 2}) {
    const StatusOr<PageBlock> block = PageBlock::Allocate(bytes);
    ASSERT_FALSE(block.ok());
    EXPECT_EQ(block.status().code(), StatusCode::kResourceExhausted);
    EXPECT_NE(block.status().message().find(std::to_string(bytes)), std::string::npos);
  }
}

TEST(PageBlock, CountsAgainstTheBudgetWhileItLives) {
  const auto budget = std::make_shared<MemoryBudget>(10000);
  const ScopedMemoryBudget scope(budget);
  {
    StatusOr<PageBlock> block = PageBlock::Allocate(6000);
    ASSERT_TRUE(block.ok()) << block.status().message();
    EXPECT_EQ(budget->used(), 6000u);
    const PageBlock moved = *std::move(block);
    EXPECT_EQ(budget->used(), 6000u);
    const StatusOr<PageBlock> too_much = PageBlock::Allocate(6000);
    EXPECT_EQ(too_much.status().code(), StatusCode::kResourceExhausted);
    EXPECT_EQ(budget->used(), 6000u);
  }
  EXPECT_EQ(budget->used(), 0u);
}

TEST(PageBlock, PartsMayBeGivenBackBefore) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const auto budget = std::make_shared<MemoryBudget>(10 * page);
  const ScopedMemoryBudget scope(budget);
  {
    StatusOr<PageBlock> block = PageBlock::Allocate(3 * page + 1);
    ASSERT_TRUE(block.ok()) << block.status().message();
    const MutableBytes bytes = block->bytes();
    std::fill(bytes.begin(), bytes.end(), uint8_t{7});
    block->GiveBack(MutableBytes(bytes.data() + page, 2 * page));
    EXPECT_EQ(page + 1, budget->used());
    EXPECT_EQ(7, bytes[page - 1]);
    EXPECT_EQ(0, bytes[page]);
    EXPECT_EQ(0, bytes[3 * page - 1]);
    EXPECT_EQ(7, bytes[3 * page]);
    // The rest of a page is given back with its block.
    block->GiveBack(MutableBytes(bytes.data() + 3 * page, 1));
    EXPECT_EQ(page + 1, budget->used());
    const PageBlock moved = *std::move(block);
    EXPECT_EQ(page + 1, budget->used());
  }
  EXPECT_EQ(0u, budget->used());
}

}  // namespace
}  // namespace mace
