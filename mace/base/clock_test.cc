#include "mace/base/clock.h"

#include <gtest/gtest.h>

#include <vector>

namespace mace {
namespace {

TEST(ClockTest, TheProcessStartedBeforeNow) {
  const double before = MonotonicMilliseconds();
  EXPECT_GT(before, 0);
  EXPECT_LE(ProcessStartMilliseconds(), MonotonicMilliseconds());
  // This process started moments ago: a distance of hours would mean that two clocks were mixed.
  EXPECT_LT(MonotonicMilliseconds() - ProcessStartMilliseconds(), 3600e3);
  EXPECT_EQ(ProcessStartMilliseconds(), ProcessStartMilliseconds());
  EXPECT_LE(before, MonotonicMilliseconds());
}

TEST(ClockTest, PeakRssCoversWhatWasTouched) {
  const std::vector<char> touched(32 << 20, 1);
  EXPECT_EQ(1, touched[touched.size() / 2]);
  EXPECT_GE(PeakRssBytes(), touched.size());
}

}  // namespace
}  // namespace mace
