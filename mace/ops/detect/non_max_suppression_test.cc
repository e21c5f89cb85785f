#include <gtest/gtest.h>

#include <cmath>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

using Ints = std::vector<int64_t>;

HostTensor Floats(Shape shape, std::vector<float> values) {
  return HostTensor::FromVector<float>(DType::kFloat32, std::move(shape), std::move(values));
}

// The example of the standard's first test: three groups of boxes of one size, each with a shifted
// copy.
HostTensor Boxes() {
  return Floats(Shape{1, 6, 4}, {0, 0,     1, 1,     0, 0.1f,  1, 1.1f,  0, -0.1f,  1, 0.9f,
                                 0, 10.0f, 1, 11.0f, 0, 10.1f, 1, 11.1f, 0, 100.0f, 1, 101.0f});
}
HostTensor Scores() { return Floats(Shape{1, 1, 6}, {0.9f, 0.75f, 0.6f, 0.95f, 0.5f, 0.3f}); }

struct Chosen {
  Ints rows;
  std::vector<float> scores;
  int64_t count = -1;
};

Chosen Find(OpTester tester) {
  const auto results = tester.Outputs(3).CpuOnly().Reference();
  if (!results.ok()) ADD_FAILURE() << results.status().message();
  if (!results.ok()) return Chosen();
  const float* scores = (*results)[1].f32();
  return {ToInt64Vector((*results)[0]),
          std::vector<float>(scores, scores + (*results)[1].shape().elements()),
          ToInt64Vector((*results)[2])[0]};
}

OpTester Suppress(HostTensor boxes, HostTensor scores, int64_t max_output) {
  OpTester tester("NonMaxSuppression");
  tester.Set("max_output", max_output).Input(std::move(boxes)).Input(std::move(scores));
  return tester;
}

TEST(NonMaxSuppressionTest, LeavesOutBoxesThatOverlapABetterOne) {
  OpTester tester = Suppress(Boxes(), Scores(), 6);
  tester.Input(Floats(Shape{1}, {0.5f})).Input(Floats(Shape{1}, {0.0f}));
  const Chosen found = Find(tester);
  EXPECT_EQ(found.count, 3);
  EXPECT_EQ(found.rows, (Ints{0, 0, 3, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(found.scores, (std::vector<float>{0.95f, 0.9f, 0.3f, 0, 0, 0}));
}

TEST(NonMaxSuppressionTest, GivesAtMostMaxOutputOfEachClass) {
  OpTester tester = Suppress(Boxes(),
                             Floats(Shape{1, 2, 6}, {0.9f, 0.75f, 0.6f, 0.95f, 0.5f, 0.3f,  //
                                                     0.1f, 0.2f, 0.3f, 0.1f, 0.9f, 0.9f}),
                             2);
  tester.Input(Floats(Shape(), {0.5f}));
  const Chosen found = Find(tester);
  EXPECT_EQ(found.count, 4);
  // If two scores are equal, the box with the smaller index comes first.
  EXPECT_EQ(found.rows, (Ints{0, 0, 3, 0, 0, 0, 0, 1, 4, 0, 1, 5}));
  EXPECT_EQ(Find(Suppress(Boxes(), Scores(), 0)).count, 0);
  EXPECT_EQ(Find(Suppress(Boxes(), Scores(), -3)).count, 0);
}

TEST(NonMaxSuppressionTest, AScoreMustBeAboveTheThreshold) {
  OpTester tester = Suppress(Boxes(), Scores(), 6);
  tester.Input(Floats(Shape{1}, {1.0f})).Input(Floats(Shape{1}, {0.6f}));
  const Chosen found = Find(tester);
  EXPECT_EQ(found.count, 3);  // 0.6 itself is not above.
  EXPECT_EQ(Ints(found.rows.begin(), found.rows.begin() + 9), (Ints{0, 0, 3, 0, 0, 0, 0, 0, 1}));
}

TEST(NonMaxSuppressionTest, CornersComeInAnyOrderAndCentersWithSizes) {
  // An overlap of 1/3: two boxes of 2 by 1 that share a half.
  const HostTensor corners = Floats(Shape{1, 2, 4}, {1, 2, 0, 0, 0, 3, 1, 1});
  const HostTensor centers = Floats(Shape{1, 2, 4}, {1, 0.5f, 2, 1, 2, 0.5f, 2, 1});
  for (const bool by_center : {false, true}) {
    for (const float threshold : {0.33f, 0.34f}) {
      OpTester tester = Suppress(by_center ? centers : corners, Floats(Shape{1, 1, 2}, {1, 2}), 2);
      tester.Set("center_point_box", int64_t{by_center}).Input(Floats(Shape{1}, {threshold}));
      EXPECT_EQ(Find(tester).count, threshold < 1.0f / 3 ? 1 : 2) << by_center << threshold;
    }
  }
}

TEST(NonMaxSuppressionTest, BoxesWithoutAreaOverlapNothing) {
  OpTester tester =
      Suppress(Floats(Shape{1, 2, 4}, {0, 0, 0, 5, 0, 0, 0, 5}), Floats(Shape{1, 1, 2}, {1, 1}), 2);
  tester.Input(Floats(Shape{1}, {0.0f}));
  EXPECT_EQ(Find(tester).count, 2);
}

TEST(NonMaxSuppressionTest, SoftSuppressionLowersScores) {
  OpTester tester =
      Suppress(Floats(Shape{1, 2, 4}, {0, 0, 1, 2, 0, 1, 1, 3}), Floats(Shape{1, 1, 2}, {2, 1}), 2);
  tester.Input(Floats(Shape{1}, {1.0f})).Input(Floats(Shape{1}, {0.0f}));
  tester.Input(Floats(Shape{1}, {0.5f}));
  const Chosen found = Find(tester);
  ASSERT_EQ(found.count, 2);
  EXPECT_EQ(found.scores[0], 2);
  EXPECT_NEAR(found.scores[1], std::exp(-1.0 / 9), 1e-6);  // exp(-overlap^2 / (2 * sigma)).
}

TEST(NonMaxSuppressionTest, ThereMayBeNoBox) {
  EXPECT_EQ(Find(Suppress(Floats(Shape{1, 0, 4}, {}), Floats(Shape{1, 3, 0}, {}), 5)).count, 0);
}

TEST(NonMaxSuppressionTest, RefusesWhatDoesNotFit) {
  Suppress(Boxes(), Floats(Shape{1, 1, 5}, {1, 2, 3, 4, 5}), 1)
      .Outputs(3)
      .ExpectRefused("boxes [images, boxes, 4] and scores [images, classes, boxes]");
  OpTester tester = Suppress(Boxes(), Scores(), 1);
  tester.Input(Floats(Shape{2}, {0, 0})).Outputs(3).ExpectRefused("input 2: expected one float");
  OpTester above = Suppress(Boxes(), Scores(), 1);
  const auto result = above.Input(Floats(Shape{1}, {1.5f})).Outputs(3).Reference();
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.status().message().find("expected a number from 0 to 1, found 1.5"),
            std::string::npos);
}

}  // namespace
}  // namespace mace
