// The text of the roofline limits in the cache file.
#include "mace/tune/roofline_limits.h"

#include <gtest/gtest.h>

namespace mace {
namespace {

TEST(RooflineLimitsText, IsReadBack) {
  RooflineLimits limits;
  limits.gflops = 66123.4;
  limits.gbytes_per_second = 0.25;
  const std::optional<RooflineLimits> read = ParseRooflineLimits(RooflineLimitsText(limits));
  ASSERT_TRUE(read.has_value());
  EXPECT_DOUBLE_EQ(read->gflops, limits.gflops);
  EXPECT_DOUBLE_EQ(read->gbytes_per_second, limits.gbytes_per_second);
  EXPECT_FALSE(read->recorded);
  const std::optional<RooflineLimits> none =
      ParseRooflineLimits(RooflineLimitsText(RooflineLimits()));
  ASSERT_TRUE(none.has_value());
  EXPECT_EQ(none->gflops, 0);
}

TEST(RooflineLimitsText, OtherTextsAreNone) {
  for (const char* text : {"", "5", "five 5", "5 0", "0 5", "-1 5", "5 -1", "nan 5", "nan nan"}) {
    EXPECT_FALSE(ParseRooflineLimits(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace mace
