#include <gtest/gtest.h>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

HostTensor Floats(Shape shape, const std::vector<float>& values) {
  return HostTensor::FromVector<float>(DType::kFloat32, std::move(shape), values);
}

void ExpectResult(OpTester tester, const std::vector<float>& expected) {
  const StatusOr<std::vector<HostTensor>> y = tester.Reference();
  ASSERT_TRUE(y.ok()) << y.status().message();
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR((*y)[0].f32()[i], expected[i], 2e-6) << "element " << i;
  }
}

OpTester GroupNorm(int64_t groups) {
  OpTester tester("GroupNorm");
  return tester.Set("group_num", groups);
}

OpTester LpNorm(int64_t order, int64_t axis) {
  OpTester tester("LpNorm");
  return tester.Set("p", order).Set("axis", axis);
}

TEST(GroupNorm, GroupsOfEverySize) {
  GroupNorm(1).Input({2, 3, 5, 10}, -2, 3).Run();
  GroupNorm(2).Input({1, 7, 3, 6}).Seed(2).Run();
  GroupNorm(3).Input({3, 2, 4, 24}, 10, 11).Seed(3).Run();
  GroupNorm(7).Input({2, 4, 4, 7}).Seed(4).Run();
}

TEST(GroupNorm, SharedByAWorkGroup) { GroupNorm(2).Input({1, 6, 7, 70}).AsGpu(16).Run(); }

// Two groups of one channel: means 2 and 20, deviations 1 and 10.
TEST(GroupNorm, ByHand) {
  ExpectResult(GroupNorm(2).Set("epsilon", 0.0).Input(Floats({1, 1, 2, 2}, {1, 10, 3, 30})),
               {-1, -1, 1, 1});
  // One group: mean 5, variance (16 + 9 + 9 + 16) / 4 + 12.5 = 25.
  ExpectResult(GroupNorm(1).Set("epsilon", 12.5).Input(Floats({1, 2, 1, 2}, {1, 2, 8, 9})),
               {-0.8f, -0.6f, 0.6f, 0.8f});
}

TEST(GroupNorm, Refuses) {
  GroupNorm(3).Input({1, 2, 2, 4}).ExpectRefused("group_num: expected a divisor of the 4");
  GroupNorm(0).Input({1, 2, 2, 4}).ExpectRefused("group_num: expected at least 1, found 0");
  GroupNorm(1).Set("epsilon", -1.0).Input({1, 2, 2, 4}).ExpectRefused("epsilon: expected 0");
  GroupNorm(1).Input({2, 4}).ExpectRefused("expected a float tensor [N, H, W, C]");
}

TEST(MVNorm, AllModes) {
  const int64_t modes[][2] = {{0, 0}, {0, 1}, {1, 1}};
  for (const auto& [across, variance] : modes) {
    SCOPED_TRACE(across * 2 + variance);
    OpTester tester("MVNorm");
    tester.Set("across_channels", across).Set("normalize_variance", variance);
    tester.Input({2, 5, 4, 6}, -1, 4).Run();
  }
}

// The epsilon goes to the deviation, which is 1: 3 makes it 4.
TEST(MVNorm, ByHand) {
  const HostTensor x = Floats({1, 1, 2, 2}, {1, 10, 3, 30});
  ExpectResult(OpTester("MVNorm").Set("epsilon", 3.0).Input(x), {-0.25f, -10 / 13.0f, 0.25f});
  ExpectResult(OpTester("MVNorm").Set("normalize_variance", int64_t{0}).Input(x), {-1, -10, 1, 10});
  ExpectResult(OpTester("MVNorm")
                   .Set("normalize_variance", int64_t{0})
                   .Set("across_channels", int64_t{1})
                   .Input(x),
               {-10, -1, -8, 19});
}

TEST(LpNorm, AllModes) {
  const int64_t modes[][2] = {{1, 1}, {1, 3}, {2, 1}, {2, 2}};
  for (const auto& [order, axis] : modes) {
    SCOPED_TRACE(order * 10 + axis);
    LpNorm(order, axis).Input({2, 3, 5, 6}, -2, 3).Run();
  }
}

TEST(LpNorm, ByHand) {
  const HostTensor x = Floats({1, 2, 2, 1}, {3, -4, 0, 5});
  ExpectResult(LpNorm(1, 1).Input(x), {0.25f, -4 / 12.0f, 0, 5 / 12.0f});
  ExpectResult(LpNorm(2, -1).Input(x), {0.6f, -0.8f, 0, 1});
  const HostTensor channels = Floats({1, 2, 1, 2}, {3, 1, 4, 0});
  ExpectResult(LpNorm(2, 2).Input(channels), {0.6f, 1, 0.8f, 0});
  // All zeros stay zeros.
  ExpectResult(LpNorm(2, 1).Input(Floats({1, 1, 1, 2}, {0, 0})), {0, 0});
}

TEST(LpNorm, Refuses) {
  LpNorm(3, 1).Input({1, 2, 2, 4}).ExpectRefused("p: expected 1 or 2, found 3");
  LpNorm(2, 0).Input({1, 2, 2, 4}).ExpectRefused("axis: expected 1 to 3 or -3 to -1, found 0");
}

}  // namespace
}  // namespace mace
