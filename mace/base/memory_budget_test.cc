#include "mace/base/memory_budget.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace mace {
namespace {

TEST(MemoryBudget, CountsUpToItsLimit) {
  MemoryBudget budget(100);
  EXPECT_TRUE(budget.Reserve(60).ok());
  EXPECT_TRUE(budget.HasRoomFor(40));
  EXPECT_FALSE(budget.HasRoomFor(41));
  const Status status = budget.Reserve(41);
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(status.message(),
            "host memory: expected at most 100 bytes in all, found 41 more asked for while 60 are "
            "in use");
  EXPECT_TRUE(budget.Reserve(40).ok());
  budget.Release(60);
  EXPECT_EQ(budget.used(), 40u);
  EXPECT_EQ(budget.peak(), 100u);
}

TEST(MemoryBudget, ASumBeyond64BitsIsRefused) {
  MemoryBudget budget(~uint64_t{0});
  EXPECT_TRUE(budget.Reserve(10).ok());
  EXPECT_FALSE(budget.Reserve(~uint64_t{0} - 5).ok());
}

TEST(MemoryBudget, ThreadsTogetherStayWithinTheLimit) {
  MemoryBudget budget(1000);
  std::atomic<int> taken{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 500; ++n) taken += budget.Reserve(1).ok() ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, 1000);
  EXPECT_EQ(budget.used(), 1000u);
}

TEST(ScopedMemoryBudget, IsTheThreadsOwnAndNests) {
  EXPECT_EQ(ScopedMemoryBudget::Current(), nullptr);
  auto outer = std::make_shared<MemoryBudget>(1), inner = std::make_shared<MemoryBudget>(2);
  {
    ScopedMemoryBudget first(outer);
    {
      ScopedMemoryBudget second(inner);
      EXPECT_EQ(ScopedMemoryBudget::Current(), inner);
      std::thread([] { EXPECT_EQ(ScopedMemoryBudget::Current(), nullptr); }).join();
    }
    EXPECT_EQ(ScopedMemoryBudget::Current(), outer);
  }
  EXPECT_EQ(ScopedMemoryBudget::Current(), nullptr);
}

}  // namespace
}  // namespace mace
