#include <gtest/gtest.h>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

TEST(MergedMatMulTest, WithAndWithoutBiases) {
  OpTester("MergedMatMul")
      .Input({5, 7})
      .Constant({7, 6})
      .Constant({6})
      .Constant({7, 9})
      .AbsentInput()
      .Run();
  OpTester("MergedMatMul")
      .Input({2, 3, 8})
      .Constant({8, 5})
      .AbsentInput()
      .Constant({8, 4})
      .AbsentInput()
      .Run();
}

TEST(MergedMatMulTest, Transposed) {
  OpTester("MergedMatMul")
      .Input({2, 9, 8})
      .Constant({6, 8})
      .Constant({6})
      .Constant({10, 8})
      .Constant({10})
      .Set("transpose_b", int64_t{1})
      .Run();
}

// x is [1, 2], the matrices are [[1, 3], [2, 4]] and [[5], [6]], the second bias is 10.
TEST(MergedMatMulTest, ByHand) {
  const auto tensor = [](const Shape& shape, const std::vector<float>& values) {
    HostTensor made = *HostTensor::Allocate({DType::kFloat32, shape});
    std::copy(values.begin(), values.end(), made.f32());
    return made;
  };
  const StatusOr<std::vector<HostTensor>> y = OpTester("MergedMatMul")
                                                  .Input(tensor({1, 2}, {1, 2}))
                                                  .Constant(tensor({2, 2}, {1, 3, 2, 4}))
                                                  .AbsentInput()
                                                  .Constant(tensor({2, 1}, {5, 6}))
                                                  .Constant(tensor({1}, {10}))
                                                  .Reference();
  ASSERT_TRUE(y.ok()) << y.status().message();
  EXPECT_EQ((std::vector<float>{5, 11, 27}), ToFloatVector((*y)[0]));
}

TEST(MergedMatMulTest, Refuses) {
  OpTester("MergedMatMul").Input({5, 7}).Constant({6, 6}).AbsentInput().ExpectRefused("matrix 0");
  OpTester("MergedMatMul").Input({5, 7}).Constant({7, 6}).Constant({5}).ExpectRefused("bias 0");
}

}  // namespace
}  // namespace mace
