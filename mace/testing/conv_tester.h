// Op testers and operands with which the tests of convolutions begin.
#ifndef MACE_TESTING_CONV_TESTER_H_
#define MACE_TESTING_CONV_TESTER_H_

#include <utility>

#include "mace/base/half.h"
#include "mace/ops/conv/tensor_tiles.h"
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

// The values that a tensor core reads: the reference of such a tensor then differs from the kernel
// by the order of sums alone.
inline HostTensor TensorCoreOperand(HostTensor tensor, Precision precision) {
  for (int64_t i = 0; i < tensor.shape().elements(); ++i) {
    float& value = tensor.f32()[i];
    value = precision == Precision::kFloat16 ? HalfToFloat(FloatToHalf(value)) : RoundToTf32(value);
  }
  return tensor;
}

}  // namespace mace

#endif  // MACE_TESTING_CONV_TESTER_H_
