#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

TEST(InstanceNorm, EveryRank) {
  const Shape shapes[] = {{2, 5, 6}, {2, 3, 4, 7}, {3, 2, 2, 3, 5}};
  for (const Shape& shape : shapes) {
    SCOPED_TRACE(shape.ToString());
    OpTester("InstanceNorm").Input(shape).Constant({shape.back(0)}).Constant({shape.back(0)}).Run();
  }
}

TEST(InstanceNorm, OptionalOperands) {
  OpTester("InstanceNorm").Input({2, 3, 4, 6}).Run();
  OpTester("InstanceNorm").Input({2, 3, 4, 6}).Constant({6}).Run();
  OpTester("InstanceNorm").Input({2, 3, 4, 6}).AbsentInput().Constant({6}).Run();
  OpTester("InstanceNorm").Input({2, 3, 4, 6}).Input({6}).Input({6}).Run();
}

TEST(InstanceNorm, EpsilonAndActivation) {
  OpTester("InstanceNorm")
      .Set("epsilon", 0.25)
      .Set("activation", std::string("LEAKYRELU"))
      .Set("activation_coefficient", 0.2)
      .Input({1, 3, 4, 3})
      .Run();
}

// A small variance around a large mean: in float the mean alone is 1e-7 of 100 off, 1e-4 of the
// deviation.
TEST(InstanceNorm, LargeMean) {
  OpTester("InstanceNorm").Input({1, 4, 4, 4}, 100, 100.1f).Tolerance(3e-4f, 1).Run();
}

TEST(InstanceNorm, CarriesNaN) {
  HostTensor x = RandomTensor({1, 2, 2, 5}, 3);
  x.f32()[7] = std::numeric_limits<float>::quiet_NaN();
  OpTester tester("InstanceNorm");
  tester.Input(x);
  StatusOr<std::vector<HostTensor>> y = tester.Reference();
  ASSERT_TRUE(y.ok());
  EXPECT_TRUE(std::isnan((*y)[0].f32()[2]));
  EXPECT_FALSE(std::isnan((*y)[0].f32()[1]));
  tester.Run();
}

TEST(InstanceNorm, Refuses) {
  OpTester("InstanceNorm").Input({2, 3}).ExpectRefused("rank 3 or more, found [2, 3]");
  OpTester("InstanceNorm")
      .Input({2, 3, 4})
      .Constant({3})
      .ExpectRefused("scale: expected shape [4], found [3]");
  OpTester("InstanceNorm").Set("epsilon", -1.0).Input({2, 3, 4}).ExpectRefused("epsilon");
}

}  // namespace
}  // namespace mace
