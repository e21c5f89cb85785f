#include <gtest/gtest.h>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

HostTensor Floats(Shape shape, std::vector<float> values) {
  return HostTensor::FromVector<float>(DType::kFloat32, std::move(shape), std::move(values));
}

// Two images; boxes 0 and 1 of each overlap by more than a half, box 2 lies apart.
OpTester Combined(int64_t max_output, int64_t total) {
  OpTester tester("CombinedNonMaxSuppression");
  const std::vector<float> boxes = {0, 0, 1, 1, 0, 0.1f, 1, 1.1f, 0, 3, 1, 4};
  std::vector<float> twice = boxes;
  twice.insert(twice.end(), boxes.begin(), boxes.end());
  tester.Set("max_output", max_output)
      .Set("total", total)
      .Set("clip", int64_t{0})
      .Input(Floats(Shape{2, 3, 1, 4}, twice))
      .Input(Floats(Shape{2, 3, 2}, {0.9f, 0.1f, 0.8f, 0.7f, 0.3f, 0.2f,  //
                                     0.1f, 0.1f, 0.1f, 0.1f, 0.1f, 0.6f}))
      .Input(Floats(Shape(), {0.5f}))
      .Input(Floats(Shape(), {0.15f}))
      .Outputs(4)
      .CpuOnly();
  return tester;
}

TEST(CombinedNonMaxSuppressionTest, GivesTheBestOfAllClasses) {
  OpTester tester = Combined(2, 3);
  const auto results = tester.Reference();
  ASSERT_TRUE(results.ok()) << results.status().message();
  EXPECT_EQ(ToFloatVector((*results)[1]), (std::vector<float>{0.9f, 0.7f, 0.3f, 0.6f, 0, 0}));
  EXPECT_EQ(ToFloatVector((*results)[2]), (std::vector<float>{0, 1, 0, 1, 0, 0}));
  EXPECT_EQ(ToInt64Vector((*results)[3]), (std::vector<int64_t>{3, 1}));
  const std::vector<float> boxes = ToFloatVector((*results)[0]);
  EXPECT_EQ(std::vector<float>(boxes.begin(), boxes.begin() + 12),
            (std::vector<float>{0, 0, 1, 1, 0, 0.1f, 1, 1.1f, 0, 3, 1, 4}));
}

TEST(CombinedNonMaxSuppressionTest, ClipsToTheRangeOfOne) {
  OpTester tester = Combined(1, 2);
  tester.Set("clip", int64_t{1});
  const auto results = tester.Reference();
  ASSERT_TRUE(results.ok()) << results.status().message();
  const std::vector<float> boxes = ToFloatVector((*results)[0]);
  EXPECT_EQ(std::vector<float>(boxes.begin() + 4, boxes.begin() + 8),
            (std::vector<float>{0, 0.1f, 1, 1}));
}

TEST(CombinedNonMaxSuppressionTest, RefusesWhatDoesNotFit) {
  OpTester("CombinedNonMaxSuppression")
      .Input({1, 3, 2, 4})
      .Input({1, 3, 3})
      .Input(Floats(Shape(), {0}))
      .Input(Floats(Shape(), {0}))
      .Outputs(4)
      .ExpectRefused("boxes [images, boxes, 1 or classes, 4]");
  Combined(-1, 2).ExpectRefused("max_output and total: expected 0 or more, found -1 and 2");
}

}  // namespace
}  // namespace mace
