// Limits of the scratch memory of a node's variants.
#include "mace/plan/scratch_limit.h"

#include <gtest/gtest.h>

#include "mace/testing/test_graph.h"

namespace mace {
namespace {

KernelVariant MakeVariant(size_t scratch_elements, bool needs_measurement = false) {
  KernelVariant variant;
  variant.scratch = {{scratch_elements, true}};
  variant.needs_measurement = needs_measurement;
  return variant;
}

std::vector<size_t> LeftOf(double limit, std::vector<KernelVariant> variants) {
  LimitScratch(limit, &variants);
  std::vector<size_t> left;
  for (const KernelVariant& variant : variants) left.push_back(variant.scratch[0].elements);
  return left;
}

// 1x1 convolutions of [1, 10, 10, 4] to 16 channels and back to 4, then the sum with the input:
// 400, 1600 and 400 elements.
TEST(ScratchLimit, IsWhatTheBoundLeavesBesideTheLiveValues) {
  TestGraph test(Shape{1, 10, 10, 4});
  const ValueId wide = test.Append("Conv2D", {0, test.Constant("a", Shape{16, 4, 1, 1})});
  const ValueId narrow = test.Append("Conv2D", {wide, test.Constant("b", Shape{4, 16, 1, 1})});
  test.Output("y", test.Append("Eltwise", {narrow, 0}));
  // Alive: x and wide; x, wide and narrow; x, narrow and y.
  const double live[] = {2000 * 4.0, 2400 * 4.0, 1200 * 4.0};
  const std::vector<double> limits = ScratchLimits(test.graph, Precision::kFloat32, 0);
  const std::vector<double> halves = ScratchLimits(test.graph, Precision::kFloat16, 0);
  const std::vector<double> spare = ScratchLimits(test.graph, Precision::kFloat32, 1e6);
  ASSERT_EQ(limits.size(), 3u);
  for (size_t n = 0; n < 3; ++n) {
    EXPECT_NEAR(limits[n], 1.28 * live[1] - live[n], 1e-6);
    EXPECT_NEAR(halves[n], limits[n] / 2, 1e-6);
    EXPECT_NEAR(spare[n], live[1] + 1e6 - live[n], 1e-6);
  }
}

TEST(ScratchLimit, VariantsAboveItAreTakenOut) {
  const std::vector<size_t> left = {0, 100};
  EXPECT_EQ(LeftOf(400, {MakeVariant(0), MakeVariant(101), MakeVariant(100)}), left);
}

TEST(ScratchLimit, TheLeastThatMayBeChosenStays) {
  const std::vector<size_t> left = {200, 50};
  EXPECT_EQ(LeftOf(40, {MakeVariant(300), MakeVariant(200), MakeVariant(50, true)}), left);
  EXPECT_TRUE(LeftOf(40, {}).empty());
}

TEST(ScratchLimit, CountsFloatsAndHalves) {
  KernelVariant variant = MakeVariant(10);
  variant.precision = Precision::kFloat16;
  variant.scratch.push_back({10});
  EXPECT_EQ(ScratchBytes(variant), 60);
}

}  // namespace
}  // namespace mace
