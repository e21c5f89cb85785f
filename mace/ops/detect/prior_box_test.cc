#include <gtest/gtest.h>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

using Floats = std::vector<double>;
using Ints = std::vector<int64_t>;

OpTester PriorBox(const Floats& smallest, const Floats& largest, const Floats& ratios) {
  OpTester tester("PriorBox");
  return tester.Set("feature_size", Ints{1, 2})
      .Set("image_size", Ints{100, 200})
      .Set("min_size", smallest)
      .Set("max_size", largest)
      .Set("aspect_ratio", ratios);
}

void ExpectNumbers(OpTester tester, const std::vector<float>& expected) {
  const StatusOr<std::vector<HostTensor>> y = tester.Reference();
  ASSERT_TRUE(y.ok()) << y.status().message();
  ASSERT_EQ((*y)[0].shape(), (Shape{1, 2, static_cast<int64_t>(expected.size() / 2)}));
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR((*y)[0].f32()[i], expected[i], 1e-6) << "number " << i;
  }
}

// Centres (50, 50) and (150, 50); boxes of 20 x 20, 40 x 40 and, wide, 40 x 10.
TEST(PriorBox, ByHand) {
  const std::vector<float> boxes = {0.2f,  0.4f,  0.3f,  0.6f,  0.15f, 0.3f,  0.35f, 0.7f,
                                    0.15f, 0.45f, 0.35f, 0.55f, 0.7f,  0.4f,  0.8f,  0.6f,
                                    0.65f, 0.3f,  0.85f, 0.7f,  0.65f, 0.45f, 0.85f, 0.55f};
  std::vector<float> expected = boxes;
  for (size_t i = 0; i < boxes.size(); ++i) expected.push_back(i % 4 < 2 ? 0.1f : 0.2f);
  OpTester tester = PriorBox({20}, {80}, {1, 4});
  ExpectNumbers(tester.Set("variance", Floats{0.1, 0.1, 0.2, 0.2}), expected);
}

TEST(PriorBox, StepsOffsetAndClip) {
  OpTester tester = PriorBox({20}, {}, {1});
  tester.Set("step_h", 10.0).Set("step_w", 30.0).Set("offset", 0.0).Set("clip", int64_t{1});
  ExpectNumbers(tester, {0, 0, 0.05f, 0.1f, 0.1f, 0, 0.2f, 0.1f,  //
                         0.1f, 0.1f, 0.1f, 0.1f, 0.1f, 0.1f, 0.1f, 0.1f});
}

TEST(PriorBox, Refuses) {
  PriorBox({}, {}, {}).ExpectRefused("min_size: expected a number or more");
  PriorBox({20}, {20}, {}).ExpectRefused("expected 0 < min_size < max_size, found 20");
  PriorBox({20}, {30, 40}, {}).ExpectRefused("max_size: expected none or 1 numbers, found 2");
  PriorBox({20}, {}, {0}).ExpectRefused("aspect_ratio: expected numbers above 0");
  PriorBox({20}, {}, {}).Set("variance", Floats{1, 2}).ExpectRefused("variance: expected one or");
  PriorBox({20}, {}, {}).Set("image_size", Ints{0, 1}).ExpectRefused("image_size: expected [h, w]");
}

}  // namespace
}  // namespace mace
