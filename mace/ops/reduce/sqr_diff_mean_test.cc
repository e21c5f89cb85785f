#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

TEST(SqrDiffMean, MatchesReference) {
  OpTester("SqrDiffMean").Input({2, 3, 4, 6}).Input({2, 1, 1, 6}).Run();
  OpTester("SqrDiffMean").Input({3, 1, 5, 8}).Input({3, 1, 1, 8}).Run();
  OpTester("SqrDiffMean").Input({2, 3, 4, 5}).Constant({2, 1, 1, 5}).Run();
}

TEST(SqrDiffMean, CarriesNaN) {
  HostTensor x = RandomTensor({1, 2, 2, 3}, 3);
  x.f32()[4] = std::numeric_limits<float>::quiet_NaN();
  OpTester tester("SqrDiffMean");
  tester.Input(x).Input({1, 1, 1, 3});
  StatusOr<std::vector<HostTensor>> y = tester.Reference();
  ASSERT_TRUE(y.ok());
  EXPECT_TRUE(std::isnan((*y)[0].f32()[1]));
  EXPECT_FALSE(std::isnan((*y)[0].f32()[0]));
  tester.Run();
}

TEST(SqrDiffMean, Refuses) {
  OpTester("SqrDiffMean").Input({2, 3, 4}).Input({2, 1, 4}).ExpectRefused("rank 4");
  OpTester("SqrDiffMean")
      .Input({2, 3, 4, 5})
      .Input({2, 1, 1, 4})
      .ExpectRefused("second input of shape [2, 1, 1, 5], found [2, 1, 1, 4]");
}

}  // namespace
}  // namespace mace
