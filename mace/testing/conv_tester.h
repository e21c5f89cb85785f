// Op testers with which the tests of convolutions begin.
#ifndef MACE_TESTING_CONV_TESTER_H_
#define MACE_TESTING_CONV_TESTER_H_

#include <utility>

#include "mace/testing/op_tester.h"

namespace mace {

// For OpTester::AsGpu. Few compute units choose large tiles, many choose small ones whose sum is
// cut.
constexpr uint32_t kSmallGpu = 2;
constexpr uint32_t kWideGpu = 132;

// A Conv2D of x [n, h, w, i], a random filter [o, i / groups, kh, kw] and a random bias.
inline OpTester Conv(Shape x, Shape filter) {
  OpTester tester("Conv2D");
  const int64_t out_channels = filter.dim(0);
  tester.Input(std::move(x)).Constant(std::move(filter)).Constant(Shape{out_channels});
  return tester;
}

}  // namespace mace

#endif  // MACE_TESTING_CONV_TESTER_H_
