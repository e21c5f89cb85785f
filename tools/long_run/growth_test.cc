#include "tools/long_run/growth.h"

#include <gtest/gtest.h>

namespace long_run {
namespace {

Growth Judge(const std::vector<double>& samples, const GrowthBound& bound) {
  const mace::StatusOr<Growth> growth = JudgeGrowth(samples, bound);
  EXPECT_TRUE(growth.ok()) << growth.status().message();
  return growth.ok() ? *growth : Growth();
}

// 100 samples around 1000 that go up by `slope` each, with noise that repeats every 7 samples.
std::vector<double> Noisy(double slope) {
  std::vector<double> samples;
  for (int i = 0; i < 100; ++i) samples.push_back(1000 + slope * i + i * 3 % 7);
  return samples;
}

TEST(GrowthTest, ASteadyLeakIsFound) {
  const Growth growth = Judge(Noisy(1), {20, 0});
  EXPECT_TRUE(growth.grows);
  // 90 judged samples, hence 89 steps of 1.
  EXPECT_NEAR(growth.slope, 1, 0.02);
  EXPECT_NEAR(growth.fitted, 89, 2);
  EXPECT_NEAR(growth.rise, 80, 6);
}

TEST(GrowthTest, ALeakOfOneIsFoundWhereNothingMayGrow) {
  std::vector<double> samples(100, 12);
  for (size_t i = 50; i < samples.size(); ++i) samples[i] = 13;
  EXPECT_TRUE(Judge(samples, {0, 0}).grows);
  EXPECT_FALSE(Judge(std::vector<double>(100, 12), {0, 0}).grows);
}

TEST(GrowthTest, NoiseAndWarmUpAreNoLeak) {
  EXPECT_FALSE(Judge(Noisy(0), {20, 0}).grows);
  std::vector<double> warming(100, 1000);
  for (size_t i = 0; i < 10; ++i) warming[i] = 100.0 * static_cast<double>(i);
  EXPECT_FALSE(Judge(warming, {0, 0}).grows);
}

TEST(GrowthTest, OneHighSampleIsNoLeak) {
  std::vector<double> samples(100, 1000);
  samples[97] = 1500;
  EXPECT_FALSE(Judge(samples, {100, 0}).grows);
}

TEST(GrowthTest, TheBoundIsTheLargerOne) {
  EXPECT_EQ(Judge(std::vector<double>(20, 1000), {20, 0.05}).allowed, 50);
  EXPECT_EQ(Judge(std::vector<double>(20, 1000), {80, 0.05}).allowed, 80);
}

TEST(GrowthTest, ShrinkingIsNoLeak) { EXPECT_FALSE(Judge(Noisy(-1), {0, 0}).grows); }

TEST(GrowthTest, TooFewSamplesAreRefused) {
  const mace::StatusOr<Growth> growth = JudgeGrowth(std::vector<double>(19, 1), {});
  ASSERT_FALSE(growth.ok());
  EXPECT_EQ(growth.status().message(), "growth: expected at least 20 samples, found 19");
}

}  // namespace
}  // namespace long_run
