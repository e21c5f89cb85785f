#include <gtest/gtest.h>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

TEST(BatchNorm, ScaleAndOffset) {
  OpTester("BatchNorm").Input({2, 3, 2, 7}).Constant({7}).Constant({7}).Run();
  OpTester("BatchNorm")
      .Input({3, 8})
      .Constant({8})
      .Constant({8})
      .Set("activation", std::string("RELU"))
      .Run();
  OpTester("BatchNorm").Input({6}).Constant({6}).Constant({6}).Run();
}

TEST(BatchNorm, MeanAndVarianceAreFolded) {
  OpTester("BatchNorm")
      .Set("epsilon", 1e-3)
      .Input({2, 3, 2, 5})
      .Constant({5})
      .Constant({5})
      .Constant({5})
      .Constant({5}, 0.5f, 2)
      .Run();
}

TEST(BatchNorm, ComputedOperands) {
  OpTester("BatchNorm").Input({2, 3, 6}).Input({6}).Constant({6}).Run();
  OpTester("BatchNorm").Input({2, 3, 6}).Input({6}).Input({6}).Input({6}).Input({6}, 0.5f, 2).Run();
  OpTester("BatchNorm")
      .Input({2, 3, 6})
      .Constant({6})
      .Constant({6})
      .Constant({6})
      .Input({6}, 0.5f, 2)
      .Run();
}

TEST(BatchNorm, Refuses) {
  OpTester("BatchNorm")
      .Input({2, 3})
      .Constant({3})
      .Constant({2})
      .ExpectRefused("offset: expected shape [3], found [2]");
  OpTester("BatchNorm")
      .Input({2, 3})
      .Constant({3})
      .Constant({3})
      .Constant({3})
      .ExpectRefused("3 or 5 inputs");
  OpTester("BatchNorm")
      .Input({2, 3})
      .Constant({3})
      .AbsentInput()
      .ExpectRefused("offset: expected a tensor");
  OpTester("BatchNorm")
      .Set("epsilon", -1.0)
      .Input({2, 3})
      .Constant({3})
      .Constant({3})
      .ExpectRefused("epsilon");
  OpTester("BatchNorm").Input(Shape()).Constant({1}).Constant({1}).ExpectRefused("scalar");
}

}  // namespace
}  // namespace mace
