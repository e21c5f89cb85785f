#include <gtest/gtest.h>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

OpTester Lrn(int64_t size) {
  OpTester tester("LocalResponseNorm");
  tester.Set("size", size).Set("alpha", 0.7).Set("beta", 0.6).Set("bias", 1.5);
  return tester;
}

TEST(LocalResponseNorm, WindowsOfEverySize) {
  uint32_t seed = 1;
  for (int64_t size : {1, 2, 3, 4, 5, 9, 30}) {
    SCOPED_TRACE(size);
    Lrn(size).Input({2, 3, 2, 10}, -2, 2).Seed(seed++).Run();
  }
}

TEST(LocalResponseNorm, OtherRanks) {
  Lrn(5).Input({7}).Run();
  Lrn(5).Input({3, 8}).Run();
  Lrn(5).Input({2, 2, 2, 3, 6}).Run();
}

// bias + alpha / 3 * (1 + 4 + 9) of the middle one.
TEST(LocalResponseNorm, ByHand) {
  OpTester tester("LocalResponseNorm");
  tester.Set("size", int64_t{3}).Set("alpha", 3.0).Set("beta", 0.5).Set("bias", 2.0);
  tester.Input(HostTensor::FromVector<float>(DType::kFloat32, Shape({3}), {1, 2, 3}));
  StatusOr<std::vector<HostTensor>> y = tester.Reference();
  ASSERT_TRUE(y.ok());
  EXPECT_FLOAT_EQ(0.5f, (*y)[0].f32()[1]);
}

TEST(LocalResponseNorm, Refuses) { Lrn(0).Input({2, 3}).ExpectRefused("size: expected 1"); }

}  // namespace
}  // namespace mace
