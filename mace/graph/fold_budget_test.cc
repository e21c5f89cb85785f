#include "mace/graph/fold_budget.h"

#include <gtest/gtest.h>

namespace mace {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;

TEST(FoldBudget, IsAFewTimesTheModel) {
  EXPECT_EQ(FoldBudget(0).limit(), 16 * kMiB);
  EXPECT_EQ(FoldBudget(100).limit(), 16 * kMiB);
  EXPECT_EQ(FoldBudget(100 * kMiB).limit(), 600 * kMiB);
  FoldBudget of_two_files(50 * kMiB);
  of_two_files.AddSource(50 * kMiB);
  EXPECT_EQ(of_two_files.limit(), 600 * kMiB);
  EXPECT_GE(FoldBudget(UINT64_MAX).limit(), uint64_t{1} << 56);
}

TEST(FoldBudget, TakesWhatFits) {
  FoldBudget budget(0);
  EXPECT_TRUE(budget.Take(15 * kMiB));
  EXPECT_FALSE(budget.Take(2 * kMiB));
  EXPECT_FALSE(budget.Take(UINT64_MAX));
  EXPECT_EQ(budget.used(), 15 * kMiB);
  EXPECT_TRUE(budget.Take(kMiB));
  budget.Return(5 * kMiB);
  EXPECT_EQ(budget.used(), 11 * kMiB);
  EXPECT_TRUE(budget.Take(5 * kMiB));
}

// A shape is still known after large results took all the room.
TEST(FoldBudget, SmallResultsHaveRoomOfTheirOwn) {
  FoldBudget budget(0);
  ASSERT_TRUE(budget.Take(16 * kMiB));
  EXPECT_FALSE(budget.Take(8192));
  uint64_t taken = 0;
  while (budget.Take(4096)) taken += 4096;
  EXPECT_EQ(taken, 16 * kMiB);
  EXPECT_FALSE(budget.Take(8192));
}

}  // namespace
}  // namespace mace
