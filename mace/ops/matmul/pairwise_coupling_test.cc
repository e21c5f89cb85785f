#include <gtest/gtest.h>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

std::vector<float> Couple(Shape shape, const std::vector<float>& pairs) {
  OpTester tester("PairwiseCoupling");
  tester.Input(HostTensor::FromVector(DType::kFloat32, std::move(shape), pairs));
  StatusOr<std::vector<HostTensor>> y = tester.Reference();
  EXPECT_TRUE(y.ok()) << y.status().message();
  return y.ok() ? ToFloatVector((*y)[0]) : std::vector<float>();
}

// The end of the iteration allows an error of 0.005 / k.
constexpr float kTolerance = 5e-3F;

TEST(PairwiseCoupling, TwoClassesKeepTheirProbabilities) {
  const std::vector<float> p = Couple({2, 1}, {0.8F, 0.25F});
  const std::vector<float> expected{0.8F, 0.2F, 0.25F, 0.75F};
  ASSERT_EQ(p.size(), expected.size());
  for (size_t i = 0; i < p.size(); ++i) EXPECT_NEAR(p[i], expected[i], kTolerance);
}

TEST(PairwiseCoupling, ConsistentPairsGiveTheProbabilitiesTheyComeFrom) {
  const std::vector<float> expected{0.5F, 0.2F, 0.25F, 0.05F};
  std::vector<float> pairs;
  for (size_t i = 0; i < expected.size(); ++i) {
    for (size_t j = i + 1; j < expected.size(); ++j)
      pairs.push_back(expected[i] / (expected[i] + expected[j]));
  }
  const std::vector<float> p = Couple({1, 6}, pairs);
  ASSERT_EQ(p.size(), expected.size());
  float sum = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    EXPECT_NEAR(p[i], expected[i], kTolerance);
    sum += p[i];
  }
  EXPECT_NEAR(sum, 1, 1e-6);
}

TEST(PairwiseCoupling, Refusals) {
  OpTester("PairwiseCoupling")
      .Input(Shape{2, 2})
      .ExpectRefused("expected floats [n, k (k - 1) / 2]");
  OpTester("PairwiseCoupling").Input(Shape{3}).ExpectRefused("expected floats [n, k (k - 1) / 2]");
}

}  // namespace
}  // namespace mace
