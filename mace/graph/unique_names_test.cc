#include "mace/graph/unique_names.h"

#include <gtest/gtest.h>

namespace mace {
namespace {

TEST(UniqueNames, CountsUpFromOne) {
  UniqueNames names;
  EXPECT_EQ(names.Take("a"), "a");
  EXPECT_EQ(names.Take("a"), "a_1");
  EXPECT_EQ(names.Take("a"), "a_2");
  EXPECT_EQ(names.Take("b"), "b");
}

TEST(UniqueNames, LeavesOutWhatIsTaken) {
  UniqueNames names;
  EXPECT_TRUE(names.Insert("a"));
  EXPECT_TRUE(names.Insert("a_1"));
  EXPECT_FALSE(names.Insert("a_1"));
  EXPECT_EQ(names.Take("a"), "a_2");
  EXPECT_TRUE(names.Insert("a_3"));
  EXPECT_EQ(names.Take("a"), "a_4");
}

TEST(UniqueNames, FindTakesNothing) {
  UniqueNames names;
  EXPECT_EQ(names.Find("a"), "a");
  EXPECT_EQ(names.Take("a"), "a");
  EXPECT_EQ(names.Find("a"), "a_1");
  EXPECT_EQ(names.Take("a"), "a_1");
}

// Counting up from 1 each time would take 2 * 10^10 look-ups: hours.
TEST(UniqueNames, ManyOfOneName) {
  constexpr int kMany = 200000;
  UniqueNames names;
  names.Take("a");
  for (int i = 1; i < kMany; ++i) ASSERT_EQ(names.Take("a"), "a_" + std::to_string(i));
}

}  // namespace
}  // namespace mace
