#include "tools/mace/latency.h"

#include <gtest/gtest.h>

namespace mace {
namespace {

TEST(Latency, OneSampleIsEveryFigure) {
  const Latency latency = Summarize({2.5});
  EXPECT_EQ(latency.min, 2.5);
  EXPECT_EQ(latency.p50, 2.5);
  EXPECT_EQ(latency.p99, 2.5);
  EXPECT_EQ(latency.n, 1u);
}

TEST(Latency, PercentilesAreNearestRanks) {
  std::vector<double> samples;
  for (int i = 100; i >= 1; --i) samples.push_back(i);
  const Latency latency = Summarize(samples);
  EXPECT_EQ(latency.min, 1);
  EXPECT_EQ(latency.p50, 50);
  EXPECT_EQ(latency.p90, 90);
  EXPECT_EQ(latency.p99, 99);
  EXPECT_DOUBLE_EQ(latency.mean, 50.5);
}

}  // namespace
}  // namespace mace
