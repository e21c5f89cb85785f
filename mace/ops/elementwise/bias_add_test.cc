#include <gtest/gtest.h>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

TEST(BiasAdd, AnyRank) {
  OpTester("BiasAdd").Input({5}).Constant({5}).Run();
  OpTester("BiasAdd").Input({3, 8}).Constant({8}).Run();
  OpTester("BiasAdd").Input({2, 3, 2, 7}).Constant({7}).Seed(3).Run();
  OpTester("BiasAdd").Input({2, 2, 1, 3, 6}).Constant({6}).Run();
}

TEST(BiasAdd, ComputedBias) { OpTester("BiasAdd").Input({2, 3, 6}).Input({6}).Run(); }

TEST(BiasAdd, Refuses) {
  OpTester("BiasAdd").Input({2, 3}).Constant({2}).ExpectRefused(
      "expected a bias of shape [3], found [2]");
  OpTester("BiasAdd").Input({2, 3}).Constant({1, 3}).ExpectRefused("found [1, 3]");
  OpTester("BiasAdd").Input(Shape()).Constant({1}).ExpectRefused("scalar");
  OpTester("BiasAdd").Input({2, 3}).ExpectRefused("expected 2 to 2 inputs, found 1");
}

}  // namespace
}  // namespace mace
