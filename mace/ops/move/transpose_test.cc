#include <gtest/gtest.h>

#include "mace/testing/element_mover.h"

namespace mace {
namespace {

// `float_width`: not 0 for the variants of a processor with vectors of so many floats.
void ExpectTransposed(DType dtype, const Shape& shape, const std::vector<int64_t>& dims,
                      uint32_t float_width = 0) {
  SCOPED_TRACE(shape.ToString() + " by " + Shape(dims).ToString() + ", " + DTypeName(dtype));
  const HostTensor x = CountingTensor(dtype, shape);
  std::vector<int64_t> extents;
  for (int64_t dim : dims) extents.push_back(shape[static_cast<int>(dim)]);
  const HostTensor y = MoveElements(x, Shape(extents), [&](const Position& at) {
    Position from(at.size());
    for (size_t i = 0; i < at.size(); ++i) from[static_cast<size_t>(dims[i])] = at[i];
    return from;
  });
  OpTester tester("Transpose");
  tester.Set("dims", dims).Input(x).WithFloatWidth(float_width);
  if (DeviceElementOf(dtype) == DeviceElement::kNone) tester.CpuOnly();
  ExpectOutputs(tester, {y});
}

TEST(Transpose, ChannelsBecomeAnotherAxis) {
  for (const std::vector<int64_t>& dims :
       {std::vector<int64_t>{0, 3, 1, 2}, {0, 2, 3, 1}, {0, 1, 3, 2}, {3, 2, 1, 0}}) {
    ExpectTransposed(DType::kFloat32, {2, 3, 5, 6}, dims);
  }
  ExpectTransposed(DType::kFloat32, {1, 8, 4, 4}, {0, 2, 3, 1});
}

TEST(Transpose, ChannelsStay) {
  ExpectTransposed(DType::kFloat32, {2, 3, 5, 6}, {0, 2, 1, 3});
  ExpectTransposed(DType::kFloat32, {2, 3, 4, 4}, {2, 0, 1, 3});
}

// Rows of more and of fewer elements than processors copy at once.
TEST(Transpose, LongRows) {
  constexpr uint32_t kWidth = 16;
  ExpectTransposed(DType::kFloat32, {2, 19, 3, 37}, {0, 2, 1, 3}, kWidth);
  ExpectTransposed(DType::kFloat32, {2, 19, 3, 37}, {0, 2, 3, 1}, kWidth);
  ExpectTransposed(DType::kFloat32, {2, 3, 21, 16}, {0, 1, 3, 2}, kWidth);
  ExpectTransposed(DType::kFloat32, {530, 9}, {1, 0}, kWidth);
  ExpectTransposed(DType::kFloat32, {3, 1030}, {1, 0}, kWidth);
}

TEST(Transpose, OtherRanks) {
  ExpectTransposed(DType::kFloat32, {5}, {0});
  ExpectTransposed(DType::kFloat32, {5, 1}, {1, 0});
  ExpectTransposed(DType::kFloat32, {5, 7}, {1, 0});
  ExpectTransposed(DType::kFloat32, {3, 5, 2}, {2, 0, 1});
  ExpectTransposed(DType::kFloat32, {2, 3, 2, 3, 5}, {4, 2, 0, 3, 1});
}

TEST(Transpose, EveryDType) {
  for (DType dtype : {DType::kInt32, DType::kInt64, DType::kUInt8, DType::kInt8}) {
    ExpectTransposed(dtype, {2, 3, 4, 5}, {1, 3, 0, 2});
  }
}

TEST(Transpose, ReversesWithoutDims) {
  const HostTensor x = CountingTensor(DType::kInt32, {2, 3, 5});
  const HostTensor y = MoveElements(x, {5, 3, 2}, [](const Position& at) {
    return Position{at[2], at[1], at[0]};
  });
  ExpectOutputs(OpTester("Transpose").Input(x).CpuOnly(), {y});
}

TEST(Transpose, Refuses) {
  OpTester("Transpose")
      .Set("dims", std::vector<int64_t>{0, 0})
      .Input({2, 3})
      .ExpectRefused("no permutation");
  OpTester("Transpose")
      .Set("dims", std::vector<int64_t>{0})
      .Input({2, 3})
      .ExpectRefused("no permutation");
  OpTester("Transpose")
      .Set("dims", std::vector<int64_t>{0, 2})
      .Input({2, 3})
      .ExpectRefused("no permutation");
}

}  // namespace
}  // namespace mace
