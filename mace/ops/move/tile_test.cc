// The ops that repeat, join and interleave: Tile, Fill, Stack, Unstack, ChannelShuffle.
#include <gtest/gtest.h>

#include "mace/testing/element_mover.h"

namespace mace {
namespace {

using Ints = std::vector<int64_t>;

void ExpectTiled(DType dtype, const Shape& shape, const Ints& multiples) {
  SCOPED_TRACE(shape.ToString() + " by " + Shape(multiples).ToString());
  const HostTensor x = CountingTensor(dtype, shape);
  Ints dims = shape.dims();
  for (size_t i = 0; i < dims.size(); ++i) dims[i] *= multiples[i];
  const HostTensor y = MoveElements(x, Shape(dims), [&](Position at) {
    for (size_t i = 0; i < at.size(); ++i) at[i] %= shape.dims()[i];
    return at;
  });
  OpTester tester("Tile");
  tester.Set("multiples", multiples).Input(x);
  if (DeviceElementOf(dtype) == DeviceElement::kNone) tester.CpuOnly();
  ExpectOutputs(tester, {y});
}

TEST(Tile, AnyAxes) {
  ExpectTiled(DType::kFloat32, {2, 1, 3, 6}, {1, 3, 2, 1});
  ExpectTiled(DType::kFloat32, {1, 2, 3, 3}, {2, 2, 2, 2});
  ExpectTiled(DType::kFloat32, {5}, {3});
  ExpectTiled(DType::kFloat32, {2, 3, 1, 2, 1}, {1, 2, 1, 1, 5});
  for (DType dtype : {DType::kInt32, DType::kInt64, DType::kUInt8}) {
    ExpectTiled(dtype, {2, 3}, {3, 2});
  }
}

TEST(Tile, Refuses) {
  for (const Ints& multiples : {Ints{2}, {2, -1}, {INT64_MAX, 1}}) {
    OpTester("Tile").Set("multiples", multiples).Input({2, 3}).ExpectRefused("do not suit");
  }
  OpTester("Tile").Set("multiples", Ints{1 << 30, 1 << 30}).Input({2, 3}).ExpectRefused("2^40");
}

TEST(Fill, OneValue) {
  const HostTensor dims = HostTensor::FromVector<int32_t>(DType::kInt32, {2}, {3, 6});
  const HostTensor seven = HostTensor::FromVector<float>(DType::kFloat32, Shape{}, {7});
  const HostTensor y =
      HostTensor::FromVector<float>(DType::kFloat32, {3, 6}, std::vector<float>(18, 7));
  ExpectOutputs(OpTester("Fill").Constant(dims).Input(seven), {y});
  ExpectOutputs(OpTester("Fill").Constant(dims).Input(*seven.ConvertTo(DType::kInt64)).CpuOnly(),
                {*y.ConvertTo(DType::kInt64)});
  OpTester("Fill").Constant(dims).Input({2}).ExpectRefused("expected one element");
  const HostTensor negative = HostTensor::FromVector<int32_t>(DType::kInt32, {1}, {-1});
  OpTester("Fill").Constant(negative).Input(seven).ExpectRefused("negative extent");
}

// Stack and Unstack are each other's inverse.
void ExpectStacked(DType dtype, const Shape& whole, int axis) {
  SCOPED_TRACE(whole.ToString() + " along " + std::to_string(axis));
  const HostTensor y = CountingTensor(dtype, whole);
  Ints dims = whole.dims();
  dims.erase(dims.begin() + axis);
  std::vector<HostTensor> parts;
  for (int64_t i = 0; i < whole[axis]; ++i) {
    parts.push_back(MoveElements(y, Shape(dims), [&](Position at) {
      at.insert(at.begin() + axis, i);
      return at;
    }));
  }
  OpTester stack("Stack"), unstack("Unstack");
  stack.Set("axis", int64_t{axis});
  unstack.Set("axis", int64_t{axis}).Input(y).Outputs(static_cast<int>(whole[axis]));
  for (const HostTensor& part : parts) stack.Input(part);
  if (DeviceElementOf(dtype) == DeviceElement::kNone) {
    stack.CpuOnly();
    unstack.CpuOnly();
  }
  ExpectOutputs(stack, {y});
  ExpectOutputs(unstack, parts);
}

TEST(Stack, AnyAxis) {
  for (int axis = 0; axis < 4; ++axis) ExpectStacked(DType::kFloat32, {2, 3, 2, 5}, axis);
  ExpectStacked(DType::kFloat32, {3}, 0);
  ExpectStacked(DType::kFloat32, {2, 3, 1, 4, 2}, 1);
  for (DType dtype : {DType::kInt32, DType::kInt64, DType::kUInt8}) ExpectStacked(dtype, {2, 3}, 1);
}

TEST(Stack, Refuses) {
  OpTester("Stack").Input({2}).Input({3}).ExpectRefused("expected inputs of type float32");
  OpTester("Stack").Set("axis", int64_t{2}).Input({2}).ExpectRefused("axis 2");
  OpTester("Unstack").Outputs(3).Input({2}).ExpectRefused("does not make the 3 outputs");
  OpTester("Unstack").Set("num", int64_t{2}).Outputs(3).Input({2}).ExpectRefused("2 outputs");
}

// Two groups from two inputs, cut anywhere.
TEST(ChannelShuffle, JoinsAndCuts) {
  for (int64_t split : {1, 5, 6, 8}) {
    for (const Shape& shape : {Shape{2, 3, 2, 5}, {1, 2, 2, 8}}) {
      const HostTensor a = CountingTensor(DType::kFloat32, shape);
      const HostTensor b = RandomTensor(shape, 3);
      const int64_t each = shape.back(0), pixels = shape.elements() / each;
      std::vector<HostTensor> expected;
      for (const auto& [begin, end] : {std::pair{int64_t{0}, split}, {split, 2 * each}}) {
        std::vector<int64_t> dims = shape.dims();
        dims.back() = end - begin;
        HostTensor part = *HostTensor::Allocate({DType::kFloat32, Shape(dims)});
        for (int64_t i = 0; i < pixels * (end - begin); ++i) {
          const int64_t pixel = i / (end - begin), k = begin + i % (end - begin);
          part.f32()[i] = (k % 2 == 0 ? a : b).f32()[pixel * each + k / 2];
        }
        expected.push_back(std::move(part));
      }
      OpTester tester("ChannelShuffle");
      tester.Set("group", int64_t{2}).Set("split", split).Outputs(2).Input(a).Input(b);
      ExpectOutputs(tester, expected);
    }
  }
}

TEST(ChannelShuffle, Groups) {
  for (const Shape& shape : {Shape{2, 3, 2, 6}, {1, 2, 2, 12}, {9}}) {
    const HostTensor x = CountingTensor(DType::kFloat32, shape);
    const int64_t group = 3, each = shape.back(0) / group;
    const HostTensor y = MoveElements(x, shape, [&](Position at) {
      at.back() = at.back() % group * each + at.back() / group;
      return at;
    });
    ExpectOutputs(OpTester("ChannelShuffle").Set("group", group).Input(x), {y});
  }
  OpTester("ChannelShuffle").Set("group", int64_t{4}).Input({2, 6}).ExpectRefused("group 4");
  OpTester("ChannelShuffle")
      .Set("group", int64_t{2})
      .Input({2, 6})
      .Input({2, 7})
      .ExpectRefused("[2, 7]");
  OpTester("ChannelShuffle")
      .Set("group", int64_t{4})
      .Input({2, 6})
      .Input({2, 6})
      .ExpectRefused("2 of shape");
  OpTester shuffle("ChannelShuffle");
  shuffle.Set("group", int64_t{2}).Set("split", int64_t{6}).Outputs(2).Input({2, 6});
  shuffle.ExpectRefused("less than the 6");
  OpTester("ChannelShuffle").Set("group", int64_t{0}).Input({2, 6}).ExpectRefused("1 or more");
}

}  // namespace
}  // namespace mace
