#include <gtest/gtest.h>

#include <cmath>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

using Numbers = std::vector<int64_t>;

// Tree 0: x0 <= 1 ? leaf 0 : (x1 == 2 ? leaf 1 : leaf 2); tree 1: x1 > 0 ? leaf 0 : leaf 2.
OpTester Trees(int64_t aggregate) {
  OpTester tester("TreeEnsemble");
  tester.Set("features", Numbers{0, 1, 1})
      .Set("modes", Numbers{0, 4, 3})
      .Set("thresholds", std::vector<double>{1, 2, 0})
      .Set("true_at", Numbers{-1, -2, -1})
      .Set("false_at", Numbers{1, -3, -3})
      .Set("missing_true", Numbers{1, 0, 0})
      .Set("roots", Numbers{0, 2})
      .Set("leaf_starts", Numbers{0, 1, 3, 4})
      .Set("leaf_targets", Numbers{0, 0, 1, 1})
      .Set("leaf_weights", std::vector<double>{10, 1, 2, 5})
      .Set("targets", int64_t{2})
      .Set("aggregate", aggregate);
  return tester;
}

std::vector<float> Scores(OpTester tester, const std::vector<float>& x) {
  const int64_t rows = static_cast<int64_t>(x.size()) / 2;
  tester.Input(HostTensor::FromVector(DType::kFloat32, Shape{rows, 2}, x));
  StatusOr<std::vector<HostTensor>> y = tester.Reference();
  EXPECT_TRUE(y.ok()) << y.status().message();
  return y.ok() ? ToFloatVector((*y)[0]) : std::vector<float>();
}

TEST(TreeEnsemble, AddsTheLeavesOfAllTrees) {
  const std::vector<float> x = {1, 3, 2, 2, 2, -1, NAN, -1};
  EXPECT_EQ((std::vector<float>{20, 0, 11, 2, 0, 10, 10, 5}), Scores(Trees(1), x));
  EXPECT_EQ((std::vector<float>{10, 0, 5.5f, 1, 0, 5, 5, 2.5f}), Scores(Trees(0), x));
  EXPECT_EQ((std::vector<float>{10, 0, 1, 2, 0, 5, 10, 5}), Scores(Trees(2), x));
  EXPECT_EQ((std::vector<float>{10, 0, 10, 2, 0, 5, 10, 5}), Scores(Trees(3), x));
  EXPECT_EQ((std::vector<float>{21, -1}),
            Scores(Trees(1).Set("base_values", std::vector<double>{1, -1}), {1, 3}));
}

TEST(TreeEnsemble, Refusals) {
  Trees(1).Input(Shape{4, 1}).ExpectRefused("expected floats [n, 2 or more]");
  Trees(1).Set("true_at", Numbers{-1, -5, -1}).Input(Shape{4, 2}).ExpectRefused("leads to -5");
  Trees(7).Input(Shape{4, 2}).ExpectRefused("aggregate 7");
  // A node that leads to itself never comes to a leaf.
  OpTester circle = Trees(1).Set("false_at", Numbers{0, -3, -3});
  circle.Input(HostTensor::FromVector<float>(DType::kFloat32, Shape{1, 2}, {2, 2}));
  EXPECT_FALSE(circle.Reference().ok());
}

TEST(TreeEnsemble, RunsOnTheCpu) { Trees(1).Input(Shape{5, 3}).CpuOnly().Run(); }

}  // namespace
}  // namespace mace
