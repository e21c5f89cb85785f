#include <gtest/gtest.h>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

OpTester Bicubic(int64_t height, int64_t width, int64_t mode = 0, bool corners = false) {
  OpTester tester("ResizeBicubic");
  return tester.Set("size", std::vector<int64_t>{height, width})
      .Set("coordinate_transformation_mode", mode)
      .Set("align_corners", int64_t{corners});
}

void ExpectRow(OpTester tester, const std::vector<float>& row, const std::vector<float>& expected) {
  const Shape shape({1, 1, static_cast<int64_t>(row.size()), 1});
  tester.Input(HostTensor::FromVector<float>(DType::kFloat32, shape, row));
  const StatusOr<std::vector<HostTensor>> y = tester.Reference();
  ASSERT_TRUE(y.ok()) << y.status().message();
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR((*y)[0].f32()[i], expected[i], 1e-6) << "element " << i;
  }
}

TEST(ResizeBicubic, UpAndDownInAllModes) {
  for (int64_t mode : {0, 1, 2}) {
    SCOPED_TRACE(mode);
    Bicubic(9, 13, mode).Input({2, 5, 6, 5}, -2, 2).Run();
    Bicubic(3, 4, mode, true).Input({1, 7, 9, 18}).Seed(2).Run();
  }
  Bicubic(1, 1, 2).Input({1, 4, 3, 4}).Run();
  Bicubic(6, 5).Input({1, 1, 1, 3}).Run();
}

// Half way between two elements the shares are -3/32, 19/32, 19/32, -3/32 (a = -0.75).
TEST(ResizeBicubic, ByHand) {
  ExpectRow(Bicubic(1, 8), {0, 32, 64, 0}, {0, 13, 32, 57, 64, 35, 0, -6});
  // a = -0.5 at a quarter: -9/128, 111/128, 29/128, -3/128, in the other direction at three
  // quarters. Elements outside have no weight, and the weights of the others are scaled up.
  ExpectRow(Bicubic(1, 8, 1), {0, 128, 256, 0}, {-9 * 128 / 102.0f, 23 * 128 / 137.0f});
  ExpectRow(Bicubic(1, 4, 1), {1, 2, 3, 4}, {1, 2, 3, 4});
}

TEST(ResizeBicubic, Refuses) {
  Bicubic(0, 3).Input({1, 4, 4, 1}).ExpectRefused("size: expected [h, w]");
  Bicubic(3, 3, 3).Input({1, 4, 4, 1}).ExpectRefused("coordinate_transformation_mode");
  Bicubic(3, 3).Input({4, 4, 1}).ExpectRefused("expected an input of rank 4");
}

}  // namespace
}  // namespace mace
