#include <gtest/gtest.h>

#include "mace/testing/element_mover.h"

namespace mace {
namespace {

// Inputs of `shape` whose extent along `axis` is each of `extents`.
void ExpectConcatenated(DType dtype, const Shape& shape, int axis,
                        const std::vector<int64_t>& extents) {
  SCOPED_TRACE(shape.ToString() + " along " + std::to_string(axis) + " of " +
               Shape(extents).ToString());
  std::vector<int64_t> dims = shape.dims();
  dims[static_cast<size_t>(axis)] = 0;
  for (int64_t extent : extents) dims[static_cast<size_t>(axis)] += extent;
  const HostTensor y = CountingTensor(dtype, Shape(dims));
  OpTester tester("Concat");
  tester.Set("axis", int64_t{axis});
  int64_t begin = 0;
  for (int64_t extent : extents) {
    dims[static_cast<size_t>(axis)] = extent;
    tester.Input(MoveElements(y, Shape(dims), [&](Position at) {
      at[static_cast<size_t>(axis)] += begin;
      return at;
    }));
    begin += extent;
  }
  if (DeviceElementOf(dtype) == DeviceElement::kNone) tester.CpuOnly();
  ExpectOutputs(tester, {y});
}

TEST(Concat, WholeBlocksOfChannels) {
  ExpectConcatenated(DType::kFloat32, {2, 3, 2, 1}, 3, {4, 8, 3});
  ExpectConcatenated(DType::kFloat32, {2, 3, 2, 1}, 3, {4, 4});
}

TEST(Concat, AnyChannels) {
  ExpectConcatenated(DType::kFloat32, {2, 3, 2, 1}, 3, {3, 5});
  // Blocks with channels of four inputs, and inputs in which no block begins.
  ExpectConcatenated(DType::kFloat32, {1, 2, 3, 1}, 3, {1, 1, 1, 1, 1, 2, 1, 9, 1, 1});
}

TEST(Concat, OtherAxes) {
  ExpectConcatenated(DType::kFloat32, {2, 3, 2, 6}, 2, {1, 3});
  ExpectConcatenated(DType::kFloat32, {2, 3, 2, 6}, 1, {2, 1, 2});
  ExpectConcatenated(DType::kFloat32, {2, 3, 2, 4}, 0, {1, 2});
}

TEST(Concat, OtherRanks) {
  ExpectConcatenated(DType::kFloat32, {1}, 0, {3, 2, 4});
  ExpectConcatenated(DType::kFloat32, {3, 5}, 0, {1, 2});
  ExpectConcatenated(DType::kFloat32, {2, 3, 2, 3, 2}, 2, {1, 4});
}

TEST(Concat, ManyInputsAndAnEmptyOne) {
  ExpectConcatenated(DType::kFloat32, {2, 1, 3}, 1, std::vector<int64_t>(20, 1));
  ExpectConcatenated(DType::kFloat32, {2, 1, 3}, 2, {4, 0, 3});
}

TEST(Concat, EveryDType) {
  for (DType dtype : {DType::kInt32, DType::kInt64, DType::kUInt8, DType::kInt8}) {
    ExpectConcatenated(dtype, {2, 3, 5}, 1, {2, 3});
  }
}

// The planner uploads a constant that kernels read as an activation; the tester runs activations
// only.
TEST(Concat, AConstantInput) {
  const HostTensor y = CountingTensor(DType::kFloat32, {2, 5});
  const HostTensor left = MoveElements(y, {2, 3}, [](const Position& at) {
    return Position{at[0], at[1]};
  });
  const HostTensor right = MoveElements(y, {2, 2}, [](const Position& at) {
    return Position{at[0], at[1] + 3};
  });
  ExpectOutputs(OpTester("Concat").Input(left).Constant(right).CpuOnly(), {y});
}

TEST(Concat, Refuses) {
  OpTester("Concat").Set("axis", int64_t{2}).Input({2, 3}).Input({2, 3}).ExpectRefused("axis 2");
  OpTester("Concat").Set("axis", int64_t{0}).Input({2, 3}).Input({2, 4}).ExpectRefused("differ");
  OpTester("Concat").Set("axis", int64_t{0}).Input({2, 3}).Input({3}).ExpectRefused("differ");
  OpTester("Concat")
      .Set("axis", int64_t{0})
      .Input({2})
      .Input(CountingTensor(DType::kInt32, {2}))
      .ExpectRefused("one type");
}

}  // namespace
}  // namespace mace
