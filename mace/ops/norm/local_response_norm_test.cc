#include <gtest/gtest.h>

#include <string>

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

TEST(LocalResponseNorm, WholeVectorsOfChannels) {
  uint32_t seed = 1;
  for (int64_t channels : {16, 32, 64}) {
    for (int64_t size : {1, 2, 5, 16, 33, 34}) {
      SCOPED_TRACE(std::to_string(channels) + " channels, window of " + std::to_string(size));
      Lrn(size).Input({2, 3, 2, channels}, -2, 2).Seed(seed++).Run();
    }
  }
}

TEST(LocalResponseNorm, RootsInPlaceOfPowers) {
  for (double beta : {0.25, 0.5, 0.75, 1.0, 1.25, 0.0}) {
    for (int64_t channels : {7, 32}) {
      SCOPED_TRACE("beta " + std::to_string(beta) + ", " + std::to_string(channels) + " channels");
      OpTester tester("LocalResponseNorm");
      tester.Set("size", int64_t{5}).Set("alpha", 0.7).Set("beta", beta).Set("bias", 1.5);
      tester.Input({2, 3, 2, channels}, -2, 2).Run();
    }
  }
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
