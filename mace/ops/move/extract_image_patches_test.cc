#include <gtest/gtest.h>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

using Numbers = std::vector<int64_t>;

OpTester Patches(const Numbers& kernels, const Numbers& strides = {1, 1}, int64_t padding = 0) {
  OpTester tester("ExtractImagePatches");
  return tester.Set("kernels", kernels).Set("strides", strides).Set("padding", padding);
}

TEST(ExtractImagePatches, Windows) {
  Patches({2, 3}).Input({2, 5, 6, 8}).Run();
  Patches({3, 2}, {2, 1}, 1).Input({2, 5, 6, 3}).Seed(2).Run();
  Patches({1, 1}, {2, 3}).Input({1, 5, 7, 5}).Seed(3).Run();
  Patches({3, 3}, {1, 2}, 1).Set("dilations", Numbers{2, 1}).Input({1, 6, 7, 4}).Seed(4).Run();
  Patches({2, 2}).Set("padding_values", Numbers{3, 1}).Input({1, 3, 4, 1}).Seed(5).Run();
}

TEST(ExtractImagePatches, ByHand) {
  OpTester tester = Patches({1, 2}, {1, 2}, 1);
  tester.Input(
      HostTensor::FromVector<float>(DType::kFloat32, Shape({1, 1, 3, 2}), {1, 2, 3, 4, 5, 6}));
  const StatusOr<std::vector<HostTensor>> y = tester.Reference();
  ASSERT_TRUE(y.ok()) << y.status().message();
  ASSERT_EQ((*y)[0].shape(), (Shape{1, 1, 2, 4}));
  const float* found = (*y)[0].f32();
  EXPECT_EQ(std::vector<float>(found, found + 8), (std::vector<float>{1, 2, 3, 4, 5, 6, 0, 0}));
}

TEST(ExtractImagePatches, Refuses) {
  OpTester("ExtractImagePatches").Input({1, 4, 4, 1}).ExpectRefused("kernels: expected [h, w]");
  Patches({3, 0}).Input({1, 4, 4, 1}).ExpectRefused("kernels: expected 1");
  Patches({5, 1}).Input({1, 4, 4, 1}).ExpectRefused("does not fit");
  Patches({2, 2}).Input({4, 4, 1}).ExpectRefused("expected a float tensor [N, H, W, C]");
}

}  // namespace
}  // namespace mace
