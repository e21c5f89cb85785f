// The ops that keep the order of elements: Reshape, Squeeze, Unsqueeze, ExpandDims, Identity; Cast
// and Shape.
#include <gtest/gtest.h>

#include "mace/testing/element_mover.h"

namespace mace {
namespace {

using Ints = std::vector<int64_t>;

HostTensor Int64s(const Ints& values) {
  return HostTensor::FromVector(DType::kInt64, {static_cast<int64_t>(values.size())}, values);
}

// `tester` with an input of this shape gives the same elements under `expected`, in every dtype.
void ExpectReshaped(const OpTester& tester, const Shape& shape, const Shape& expected) {
  SCOPED_TRACE(shape.ToString() + " to " + expected.ToString());
  for (DType dtype : {DType::kFloat32, DType::kInt32, DType::kInt64, DType::kInt8}) {
    const HostTensor x = CountingTensor(dtype, shape);
    OpTester with_input = tester;
    with_input.Input(x);
    if (dtype != DType::kFloat32) with_input.CpuOnly();
    ExpectOutputs(with_input, {x.Reshaped(expected)});
  }
}

OpTester WithInts(const char* type, const char* attribute, const Ints& values) {
  OpTester tester(type);
  tester.Set(attribute, values);
  return tester;
}

TEST(Reshape, ChannelsThatStay) {
  ExpectReshaped(WithInts("Reshape", "dim", {2, 3, -1, 6}).BatchInAttributes(), {2, 3, 5, 6},
                 {2, 3, 5, 6});
  ExpectReshaped(WithInts("Reshape", "dim", {0, 15, 6}), {2, 3, 5, 6}, {2, 15, 6});
  ExpectReshaped(WithInts("Reshape", "dim", {1, 5, 2, 6}), {1, 2, 5, 6}, {1, 5, 2, 6});
}

TEST(Reshape, OtherChannels) {
  ExpectReshaped(WithInts("Reshape", "dim", {2, -1}).BatchInAttributes(), {2, 3, 1, 8}, {2, 24});
  ExpectReshaped(WithInts("Reshape", "dim", {6, 5}), {2, 3, 5}, {6, 5});
  ExpectReshaped(WithInts("Reshape", "dim", {5, 2, 3}), {2, 3, 5}, {5, 2, 3});
  ExpectReshaped(WithInts("Reshape", "dim", {-1}), {2, 3, 1, 5, 2}, {60});
}

TEST(Reshape, ScalarsAndEmptyTensors) {
  ExpectReshaped(WithInts("Reshape", "dim", {}), {1}, Shape{});
  OpTester tester = WithInts("Reshape", "dim", {0, 4});
  tester.Set("allowzero", int64_t{1}).Input(CountingTensor(DType::kFloat32, {3, 0})).CpuOnly();
  ExpectOutputs(tester, {CountingTensor(DType::kFloat32, {0, 4})});
}

TEST(Reshape, ShapeAsInput) {
  const HostTensor x = CountingTensor(DType::kFloat32, {2, 3, 4});
  OpTester tester("Reshape");
  tester.Input(x).Constant(HostTensor::FromVector<int32_t>(DType::kInt32, {2, 1}, {4, -1}));
  ExpectOutputs(tester, {x.Reshaped({4, 6})});
}

TEST(Reshape, Refuses) {
  for (const Ints& dim : {Ints{7}, {-1, -1}, {5, -1}, {2, 3, 0}, {-2, -3}, {0, 0, 0}}) {
    OpTester("Reshape").Set("dim", dim).Input({2, 3}).ExpectRefused("shape");
  }
  OpTester("Reshape").Set("dim", Ints(9, 1)).Input({1}).ExpectRefused("rank");
  OpTester("Reshape").Set("dim", Ints{INT64_MAX, INT64_MAX}).Input({1}).ExpectRefused("2^40");
  OpTester("Reshape").Input({2, 3}).ExpectRefused("dim");
  OpTester("Reshape").Input({2, 3}).Constant({2}).ExpectRefused("expected integers");
  OpTester("Reshape").Input({2, 3}).Input(Int64s({3, 2})).ExpectRefused("expected a constant");
}

TEST(Squeeze, NamedAxesOrAll) {
  ExpectReshaped(WithInts("Squeeze", "axis", {1, -2}), {2, 1, 1, 6}, {2, 6});
  ExpectReshaped(WithInts("Squeeze", "axis", {1}), {2, 1, 1, 6}, {2, 1, 6});
  ExpectReshaped(WithInts("Squeeze", "axis", {}), {1, 3, 1, 5, 1}, {3, 5});
  ExpectReshaped(OpTester("Squeeze"), {1, 3, 1}, {3});
  OpTester("Squeeze").Set("axis", Ints{0}).Input({2, 1}).ExpectRefused("expected extent 1");
  OpTester("Squeeze").Set("axis", Ints{2}).Input({2, 1}).ExpectRefused("axis 2");
}

TEST(Unsqueeze, AxesOfTheOutput) {
  ExpectReshaped(WithInts("Unsqueeze", "axis", {0, -1}), {3, 5}, {1, 3, 5, 1});
  ExpectReshaped(WithInts("ExpandDims", "axis", {1}), {3, 5}, {3, 1, 5});
  ExpectReshaped(WithInts("ExpandDims", "axis", {-1}), Shape{}, {1});
  OpTester("Unsqueeze").Set("axis", Ints{1, 1}).Input({2}).ExpectRefused("twice");
  OpTester("Unsqueeze").Set("axis", Ints{3}).Input({2}).ExpectRefused("axis 3");
  OpTester("Unsqueeze").Set("axis", Ints(8, 0)).Input({2}).ExpectRefused("rank");
}

TEST(Identity, AnyShape) {
  for (const Shape& shape : {Shape{}, {7}, {2, 3, 5}, {2, 3, 1, 5, 6}}) {
    ExpectReshaped(OpTester("Identity"), shape, shape);
  }
}

OpTester CastTo(const std::string& dtype, const HostTensor& x) {
  OpTester tester("Cast");
  tester.Set("dtype", dtype).Input(x).CpuOnly();
  return tester;
}

TEST(Cast, Values) {
  const HostTensor floats =
      HostTensor::FromVector<float>(DType::kFloat32, {5}, {-1.7f, 0, 0.5f, 2.9f, 3e9f});
  ExpectOutputs(CastTo("int32", floats),
                {HostTensor::FromVector<int32_t>(DType::kInt32, {5}, {-1, 0, 0, 2, INT32_MAX})});
  ExpectOutputs(CastTo("int64", floats), {Int64s({-1, 0, 0, 2, 3000000000})});
  ExpectOutputs(CastTo("bool", floats),
                {HostTensor::FromVector<uint8_t>(DType::kBool, {5}, {1, 0, 1, 1, 1})});
  ExpectOutputs(CastTo("float32", Int64s({-3, 0, 7})),
                {HostTensor::FromVector<float>(DType::kFloat32, {3}, {-3, 0, 7})});
  // Half floats are float32 in the graph.
  ExpectOutputs(CastTo("float16", Int64s({-3, 0, 7})),
                {HostTensor::FromVector<float>(DType::kFloat32, {3}, {-3, 0, 7})});
}

TEST(Cast, FloatsStayOnTheDevice) {
  const HostTensor x = CountingTensor(DType::kFloat32, {2, 3, 5});
  ExpectOutputs(OpTester("Cast").Set("dtype", std::string("float32")).Input(x), {x});
}

TEST(Cast, Refuses) {
  OpTester("Cast").Set("dtype", std::string("complex64")).Input({2}).ExpectRefused("'complex64'");
  OpTester("Cast").Input({2}).ExpectRefused("dtype ''");
}

TEST(ShapeOp, Extents) {
  ExpectOutputs(OpTester("Shape").Input({2, 3, 5}).CpuOnly(),
                {HostTensor::FromVector<int32_t>(DType::kInt32, {3}, {2, 3, 5})});
  ExpectOutputs(OpTester("Shape").Input(Shape{}).CpuOnly(),
                {HostTensor::FromVector<int32_t>(DType::kInt32, {0}, {})});
}

}  // namespace
}  // namespace mace
