#include <gtest/gtest.h>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

TEST(AddN, AnyCount) {
  for (int count : {1, 2, 3, 8, 9, 17}) {
    OpTester tester("AddN");
    for (int i = 0; i < count; ++i) tester.Input({2, 3, 2, 5});
    SCOPED_TRACE(count);
    // Half: what a launch adds to was rounded, 1e-3 of the largest at each of two steps.
    if (count > 8) tester.Tolerance(1e-5f, 4e-3f);
    tester.Run();
  }
}

TEST(AddN, AnyRank) {
  OpTester("AddN").Input({7}).Input({7}).Run();
  OpTester("AddN").Input({2, 1, 3, 2, 6}).Input({2, 1, 3, 2, 6}).Run();
  OpTester("AddN").Input({3, 8}).Input({3, 8}).Input({3, 8}).Run();
}

TEST(AddN, Constants) {
  OpTester("AddN").Constant({2, 3, 5}).Input({2, 3, 5}).Constant({2, 3, 5}).Run();
  OpTester("AddN").Input({2, 3, 8}).Constant({2, 3, 8}).Run();
}

TEST(AddN, Refuses) {
  OpTester("AddN").Input({2, 3}).Input({3}).ExpectRefused(
      "input 1: expected shape [2, 3], found [3]");
  OpTester("AddN").Input({2}).AbsentInput().ExpectRefused("input 1: expected a tensor, found none");
  OpTester("AddN").ExpectRefused("expected 1 to any inputs, found 0");
  OpTester("AddN")
      .Input(HostTensor::FromVector<int32_t>(DType::kInt32, Shape({1}), {3}))
      .ExpectRefused("found int32");
}

}  // namespace
}  // namespace mace
