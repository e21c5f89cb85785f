#include "mace/base/divide.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mace {
namespace {

TEST(Divide, RoundsUp) {
  for (int64_t n = -30; n <= 30; ++n) {
    for (int64_t by = 1; by <= 12; ++by) {
      const double exact = std::ceil(static_cast<double>(n) / static_cast<double>(by));
      EXPECT_EQ(static_cast<int64_t>(exact), CeilDivide(n, by)) << n << " by " << by;
    }
  }
}

// Numbers that a file gives may be as large as their type.
TEST(Divide, LargeNumbersDoNotOverflow) {
  EXPECT_EQ(1, CeilDivide(4, INT64_MAX));
  EXPECT_EQ(0, CeilDivide(0, INT64_MAX));
  EXPECT_EQ(INT64_MAX, CeilDivide(INT64_MAX, 1));
  EXPECT_EQ(1, CeilDivide(INT64_MAX, INT64_MAX));
  EXPECT_EQ(INT64_MIN, CeilDivide(INT64_MIN, 1));
}

TEST(Divide, MultiplesOfANumber) {
  EXPECT_EQ(0, RoundUp(0, 8));
  EXPECT_EQ(8, RoundUp(1, 8));
  EXPECT_EQ(8, RoundUp(8, 8));
  EXPECT_EQ(24u, AlignUp(17, 8));
}

}  // namespace
}  // namespace mace
