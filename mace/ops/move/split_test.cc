#include <gtest/gtest.h>

#include "mace/testing/element_mover.h"

namespace mace {
namespace {

void ExpectSplit(DType dtype, const Shape& shape, int axis, const std::vector<int64_t>& extents,
                 bool with_sizes) {
  SCOPED_TRACE(shape.ToString() + " along " + std::to_string(axis) + " into " +
               Shape(extents).ToString());
  const HostTensor x = CountingTensor(dtype, shape);
  std::vector<HostTensor> parts;
  int64_t begin = 0;
  for (int64_t extent : extents) {
    std::vector<int64_t> dims = shape.dims();
    dims[static_cast<size_t>(axis)] = extent;
    parts.push_back(MoveElements(x, Shape(dims), [&](Position at) {
      at[static_cast<size_t>(axis)] += begin;
      return at;
    }));
    begin += extent;
  }
  OpTester tester("Split");
  tester.Set("axis", int64_t{axis}).Outputs(static_cast<int>(extents.size())).Input(x);
  if (with_sizes) tester.Set("split_sizes", extents);
  if (DeviceElementOf(dtype) == DeviceElement::kNone) tester.CpuOnly();
  ExpectOutputs(tester, parts);
}

TEST(Split, WholeBlocksOfChannels) {
  ExpectSplit(DType::kFloat32, {2, 3, 2, 12}, 3, {4, 4, 4}, false);
  ExpectSplit(DType::kFloat32, {2, 3, 2, 11}, 3, {8, 3}, true);
}

TEST(Split, AnyChannels) {
  ExpectSplit(DType::kFloat32, {2, 3, 2, 6}, 3, {3, 3}, false);
  ExpectSplit(DType::kFloat32, {2, 3, 2, 8}, 3, {1, 5, 2}, true);
}

TEST(Split, OtherAxesAndRanks) {
  ExpectSplit(DType::kFloat32, {2, 3, 4, 6}, 2, {2, 2}, false);
  ExpectSplit(DType::kFloat32, {2, 3, 4, 6}, 1, {1, 2}, true);
  ExpectSplit(DType::kFloat32, {7}, 0, {3, 4}, true);
  ExpectSplit(DType::kFloat32, {2, 4, 2, 3, 5}, 1, {2, 2}, false);
}

TEST(Split, EveryDType) {
  for (DType dtype : {DType::kInt32, DType::kInt64, DType::kUInt8, DType::kInt8}) {
    ExpectSplit(dtype, {2, 6, 3}, 1, {3, 3}, false);
  }
}

TEST(Split, ASizeThatIsLeft) {
  const HostTensor x = CountingTensor(DType::kFloat32, {5});
  const HostTensor first = CountingTensor(DType::kFloat32, {2});
  const HostTensor rest =
      MoveElements(x, {3}, [](const Position& at) { return Position{at[0] + 2}; });
  OpTester tester("Split");
  tester.Set("axis", int64_t{0}).Set("split_sizes", std::vector<int64_t>{2, -1});
  ExpectOutputs(tester.Outputs(2).Input(x), {first, rest});
}

TEST(Split, Refuses) {
  OpTester("Split").Set("axis", int64_t{0}).Outputs(2).Input({3}).ExpectRefused("equal parts");
  OpTester("Split").Set("num_split", int64_t{3}).Outputs(2).Input({3}).ExpectRefused("3 outputs");
  for (const std::vector<int64_t>& sizes :
       {std::vector<int64_t>{1, 1}, {4, -1}, {-1, -1}, {-2, 5}}) {
    OpTester tester("Split");
    tester.Set("axis", int64_t{0}).Set("split_sizes", sizes).Outputs(2).Input({3});
    tester.ExpectRefused("do not make up");
  }
}

}  // namespace
}  // namespace mace
