#include <gtest/gtest.h>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

HostTensor Floats(Shape shape, const std::vector<float>& values) {
  return HostTensor::FromVector<float>(DType::kFloat32, std::move(shape), values);
}

// Three boxes of 0.2 x 0.2 at x = 0, 0.05 and 0.5; the last is moved by 0.1 * 1 * 0.2 to the right.
OpTester Detector(const std::vector<float>& confidences) {
  OpTester tester("DetectionOutput");
  tester.Set("num_classes", int64_t{3}).Set("keep_top_k", int64_t{4}).Set("nms_threshold", 0.5);
  tester.Input(Floats({1, 12}, {0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0}));
  tester.Input(Floats({1, 9}, confidences));
  std::vector<float> priors = {0, 0, 0.2f, 0.2f, 0.05f, 0, 0.25f, 0.2f, 0.5f, 0, 0.7f, 0.2f};
  priors.resize(24, 0.1f);
  return tester.Input(Floats({1, 2, 12}, priors));
}

std::vector<std::vector<float>> Rows(OpTester tester) {
  const StatusOr<std::vector<HostTensor>> y = tester.Reference();
  EXPECT_TRUE(y.ok()) << y.status().message();
  std::vector<std::vector<float>> rows;
  if (!y.ok()) return rows;
  EXPECT_EQ((*y)[0].shape().back(0), 7);
  for (int64_t i = 0; i < (*y)[0].shape().elements(); i += 7) {
    rows.emplace_back((*y)[0].f32() + i, (*y)[0].f32() + i + 7);
  }
  return rows;
}

void ExpectRow(const std::vector<float>& expected, const std::vector<float>& found) {
  for (size_t i = 0; i < 7; ++i) EXPECT_NEAR(expected[i], found[i], 1e-6) << "number " << i;
}

// Boxes 0 and 1 cover 0.15 * 0.2 of 0.25 * 0.2 together: 0.6, so that the worse one goes in class
// 1; in class 2 only box 2 is sure enough.
TEST(DetectionOutput, ByHand) {
  const auto rows = Rows(Detector({0, 0.6f, 0.05f, 0, 0.7f, 0, 0, 0.1f, 0.9f}));
  ASSERT_EQ(rows.size(), 4u);
  ExpectRow({0, 2, 0.9f, 0.52f, 0, 0.72f, 0.2f}, rows[0]);
  ExpectRow({0, 1, 0.7f, 0.05f, 0, 0.25f, 0.2f}, rows[1]);
  ExpectRow({0, 1, 0.1f, 0.52f, 0, 0.72f, 0.2f}, rows[2]);
  ExpectRow({0, -1, 0, 0, 0, 0, 0}, rows[3]);
}

TEST(DetectionOutput, Limits) {
  const std::vector<float> confidences = {0, 0.6f, 0, 0, 0.7f, 0, 0, 0.5f, 0.9f};
  const auto best_each = Rows(Detector(confidences).Set("nms_top_k", int64_t{1}));
  EXPECT_EQ(best_each[0][1], 2);
  EXPECT_EQ(best_each[1][1], 1);
  EXPECT_EQ(best_each[2][1], -1);
  EXPECT_EQ(Rows(Detector(confidences).Set("keep_top_k", int64_t{1})).size(), 1u);
  // Nothing is hidden where boxes may overlap.
  EXPECT_NEAR(Rows(Detector(confidences).Set("nms_threshold", 0.65))[2][2], 0.6f, 1e-6);
}

TEST(DetectionOutput, Refuses) {
  OpTester other("DetectionOutput");
  other.Set("num_classes", int64_t{2}).Input({1, 8}).Input({1, 5}).Input({1, 2, 8});
  other.ExpectRefused("confidences: expected [1, ...] with 4 floats for 2 boxes");
  OpTester batch("DetectionOutput");
  batch.Set("num_classes", int64_t{2}).Input({2, 4}).Input({2, 2}).Input({1, 2, 8});
  batch.ExpectRefused("locations: expected [1, ...]");
  Detector(std::vector<float>(9)).Set("keep_top_k", int64_t{0}).ExpectRefused("keep_top_k");
}

}  // namespace
}  // namespace mace
