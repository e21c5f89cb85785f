// The ops that take a part: Slice, StridedSlice, Crop, Reverse.
#include <gtest/gtest.h>

#include "mace/testing/element_mover.h"

namespace mace {
namespace {

using Ints = std::vector<int64_t>;

HostTensor Int32s(const std::vector<int32_t>& values) {
  return HostTensor::FromVector(DType::kInt32, {static_cast<int64_t>(values.size())}, values);
}

// Output position i of each axis is input position begin + i * step.
HostTensor Part(const HostTensor& x, const Shape& extents, const Ints& begin, const Ints& step) {
  return MoveElements(x, extents, [&](Position at) {
    for (size_t i = 0; i < at.size(); ++i) at[i] = begin[i] + at[i] * step[i];
    return at;
  });
}

OpTester SliceOf(const HostTensor& x, const Ints& starts, const Ints& ends, const Ints& axes,
                 const Ints& steps) {
  OpTester tester("Slice");
  tester.Set("starts", starts).Set("ends", ends).Set("axes", axes).Set("steps", steps).Input(x);
  return tester;
}

TEST(Slice, RowsColumnsAndBatch) {
  const HostTensor x = CountingTensor(DType::kFloat32, {2, 4, 5, 6});
  ExpectOutputs(SliceOf(x, {1, -4}, {4, -1}, {1, 2}, {2, 1}),
                {Part(x, {2, 2, 3, 6}, {0, 1, 1, 0}, {1, 2, 1, 1})});
  ExpectOutputs(SliceOf(x, {1}, {INT64_MAX}, {0}, {1}),
                {Part(x, {1, 4, 5, 6}, {1, 0, 0, 0}, {1, 1, 1, 1})});
}

TEST(Slice, Channels) {
  const HostTensor x = CountingTensor(DType::kFloat32, {2, 3, 2, 8});
  ExpectOutputs(SliceOf(x, {4}, {8}, {-1}, {1}),
                {Part(x, {2, 3, 2, 4}, {0, 0, 0, 4}, {1, 1, 1, 1})});
  ExpectOutputs(SliceOf(x, {1}, {7}, {3}, {2}),
                {Part(x, {2, 3, 2, 3}, {0, 0, 0, 1}, {1, 1, 1, 2})});
  ExpectOutputs(SliceOf(x, {-1}, {INT64_MIN}, {3}, {-3}),
                {Part(x, {2, 3, 2, 3}, {0, 0, 0, 7}, {1, 1, 1, -3})});
}

TEST(Slice, InputsInsteadOfAttributes) {
  const HostTensor x = CountingTensor(DType::kFloat32, {5, 3});
  OpTester tester("Slice");
  tester.Input(x).Constant(Int32s({1})).Constant(Int32s({4}));
  ExpectOutputs(tester, {Part(x, {3, 3}, {1, 0}, {1, 1})});
}

TEST(Slice, EveryDTypeAndNothing) {
  for (DType dtype : {DType::kInt32, DType::kInt64, DType::kUInt8, DType::kInt8}) {
    const HostTensor x = CountingTensor(dtype, {5, 3});
    OpTester backwards = SliceOf(x, {3}, {0}, {0}, {-2});
    if (DeviceElementOf(dtype) == DeviceElement::kNone) backwards.CpuOnly();
    ExpectOutputs(backwards, {Part(x, {2, 3}, {3, 0}, {-2, 1})});
    ExpectOutputs(SliceOf(x, {3}, {3}, {0}, {1}).CpuOnly(), {CountingTensor(dtype, {0, 3})});
  }
}

TEST(Slice, Refuses) {
  const HostTensor x = CountingTensor(DType::kFloat32, {5, 3});
  SliceOf(x, {1}, {2}, {0}, {0}).ExpectRefused("other than 0");
  SliceOf(x, {1}, {2}, {2}, {1}).ExpectRefused("axis 2");
  SliceOf(x, {1, 1}, {2, 2}, {0, -2}, {1, 1}).ExpectRefused("twice");
  SliceOf(x, {1}, {2, 3}, {0}, {1}).ExpectRefused("as many ends");
}

OpTester StridedSliceOf(const HostTensor& x, const std::vector<int32_t>& begin,
                        const std::vector<int32_t>& end, const std::vector<int32_t>& strides) {
  OpTester tester("StridedSlice");
  tester.Input(x).Constant(Int32s(begin)).Constant(Int32s(end)).Constant(Int32s(strides));
  return tester;
}

TEST(StridedSlice, BoundsAndMasks) {
  const HostTensor x = CountingTensor(DType::kFloat32, {2, 4, 5, 6});
  ExpectOutputs(StridedSliceOf(x, {0, 9, 1}, {9, 0, -1}, {1, -2, 3}).Set("begin_mask", int64_t{2}),
                {Part(x, {2, 2, 1, 6}, {0, 3, 1, 0}, {1, -2, 3, 1})});
  // x[..., 2:]
  ExpectOutputs(StridedSliceOf(x, {0, 2}, {0, 0}, {1, 1})
                    .Set("ellipsis_mask", int64_t{1})
                    .Set("end_mask", int64_t{2}),
                {Part(x, {2, 4, 5, 4}, {0, 0, 0, 2}, {1, 1, 1, 1})});
}

TEST(StridedSlice, NewAndDroppedAxes) {
  const HostTensor x = CountingTensor(DType::kFloat32, {4, 5});
  // x[-1, newaxis, ::2]
  ExpectOutputs(StridedSliceOf(x, {-1, 0, 0}, {0, 0, 0}, {1, 1, 2})
                    .Set("shrink_axis_mask", int64_t{1})
                    .Set("new_axis_mask", int64_t{2})
                    .Set("begin_mask", int64_t{4})
                    .Set("end_mask", int64_t{4}),
                {Part(x, {1, 3}, {3, 0}, {1, 2})});
  // x[2, 3], a scalar.
  ExpectOutputs(StridedSliceOf(x, {2, 3}, {3, 4}, {1, 1}).Set("shrink_axis_mask", int64_t{3}),
                {Part(x, {1, 1}, {2, 3}, {1, 1}).Reshaped(Shape{})});
  const HostTensor extents = CountingTensor(DType::kInt32, {4});
  ExpectOutputs(
      StridedSliceOf(extents, {1}, {2}, {1}).Set("shrink_axis_mask", int64_t{1}).CpuOnly(),
      {Part(extents, {1}, {1}, {1}).Reshaped(Shape{})});
}

TEST(StridedSlice, Refuses) {
  const HostTensor x = CountingTensor(DType::kFloat32, {4, 5});
  StridedSliceOf(x, {0, 0, 0}, {1, 1, 1}, {1, 1, 1}).ExpectRefused("more items");
  StridedSliceOf(x, {0}, {1}, {0}).ExpectRefused("other than 0");
  StridedSliceOf(x, {0}, {1, 1}, {1}).ExpectRefused("as many end");
  StridedSliceOf(x, {4}, {5}, {1}).Set("shrink_axis_mask", int64_t{1}).ExpectRefused("index 4");
  StridedSliceOf(x, {0, 0}, {0, 0}, {1, 1}).Set("ellipsis_mask", int64_t{3}).ExpectRefused("one");
}

TEST(Crop, ExtentsOfTheOther) {
  const HostTensor x = CountingTensor(DType::kFloat32, {2, 4, 5, 6});
  OpTester tester("Crop");
  tester.Set("offset", Ints{-1, 1, 2, -1}).Input(x).Input({1, 2, 3, 1});
  ExpectOutputs(tester, {Part(x, {2, 2, 3, 6}, {0, 1, 2, 0}, {1, 1, 1, 1})});
  OpTester("Crop").Set("offset", Ints{3}).Input({4}).Input({2}).ExpectRefused("leave axis 0");
  OpTester("Crop").Set("offset", Ints{INT64_MAX}).Input({4}).Input({2}).ExpectRefused("leave");
  OpTester("Crop").Set("offset", Ints{0, 0}).Input({4}).Input({2}).ExpectRefused("2 offsets");
}

TEST(Reverse, Axes) {
  const HostTensor x = CountingTensor(DType::kFloat32, {2, 3, 4, 5});
  ExpectOutputs(OpTester("Reverse").Set("axis", Ints{1, -2}).Input(x),
                {Part(x, {2, 3, 4, 5}, {0, 2, 3, 0}, {1, -1, -1, 1})});
  ExpectOutputs(OpTester("Reverse").Set("axis", Ints{3}).Input(x),
                {Part(x, {2, 3, 4, 5}, {0, 0, 0, 4}, {1, 1, 1, -1})});
  OpTester("Reverse").Set("axis", Ints{1, -3}).Input({2, 3, 4, 5}).ExpectRefused("twice");
}

}  // namespace
}  // namespace mace
