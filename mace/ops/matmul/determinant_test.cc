#include <gtest/gtest.h>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

std::vector<float> Determinants(Shape shape, const std::vector<float>& values) {
  OpTester tester("Determinant");
  tester.Input(HostTensor::FromVector(DType::kFloat32, std::move(shape), values));
  StatusOr<std::vector<HostTensor>> y = tester.Reference();
  EXPECT_TRUE(y.ok()) << y.status().message();
  return y.ok() ? ToFloatVector((*y)[0]) : std::vector<float>();
}

TEST(Determinant, KnownMatrices) {
  EXPECT_EQ((std::vector<float>{-2, 0}), Determinants({2, 2, 2}, {1, 2, 3, 4, 1, 2, 2, 4}));
  // Rows that must change places, once and twice.
  EXPECT_EQ((std::vector<float>{-1}), Determinants({2, 2}, {0, 1, 1, 0}));
  EXPECT_EQ((std::vector<float>{1}), Determinants({3, 3}, {0, 1, 0, 0, 0, 1, 1, 0, 0}));
  EXPECT_EQ((std::vector<float>{5}), Determinants({1, 1}, {5}));
  EXPECT_NEAR(-306, Determinants({3, 3}, {6, 1, 1, 4, -2, 5, 2, 8, 7})[0], 1e-3);
}

TEST(Determinant, Refusals) {
  OpTester("Determinant").Input(Shape{2, 3}).ExpectRefused("expected square matrices");
  OpTester("Determinant").Input(Shape{4}).ExpectRefused("expected square matrices");
}

}  // namespace
}  // namespace mace
