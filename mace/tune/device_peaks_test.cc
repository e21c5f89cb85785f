// The peaks' text in the cache file.
#include "mace/tune/device_peaks.h"

#include <gtest/gtest.h>

namespace mace {
namespace {

TEST(PeaksText, IsReadBack) {
  DevicePeaks peaks;
  peaks.gflops = 66123.4;
  peaks.gbytes_per_second = 0.25;
  const std::optional<DevicePeaks> read = ParsePeaks(PeaksText(peaks));
  ASSERT_TRUE(read.has_value());
  EXPECT_DOUBLE_EQ(read->gflops, peaks.gflops);
  EXPECT_DOUBLE_EQ(read->gbytes_per_second, peaks.gbytes_per_second);
  EXPECT_FALSE(read->recorded);
  const std::optional<DevicePeaks> none = ParsePeaks(PeaksText(DevicePeaks()));
  ASSERT_TRUE(none.has_value());
  EXPECT_EQ(none->gflops, 0);
}

TEST(PeaksText, OtherTextsAreNone) {
  for (const char* text : {"", "5", "five 5", "5 0", "0 5", "-1 5", "5 -1", "nan 5", "nan nan"}) {
    EXPECT_FALSE(ParsePeaks(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace mace
