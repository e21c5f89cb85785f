#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "mace/ops/integers.h"
#include "mace/testing/op_tester.h"

namespace mace {
namespace {

OpTester Eltwise(int type) {
  OpTester tester("Eltwise");
  tester.Set("type", int64_t{type});
  return tester;
}

HostTensor Ints(const std::vector<int32_t>& values) {
  return HostTensor::FromVector(DType::kInt32, Shape({static_cast<int64_t>(values.size())}),
                                values);
}

class EltwiseTypes : public testing::TestWithParam<int> {};

TEST_P(EltwiseTypes, TwoTensors) {
  Eltwise(GetParam()).Input({2, 3, 2, 7}, 0.5f, 3).Input({2, 3, 2, 7}, 0.5f, 3).Run();
}

TEST_P(EltwiseTypes, DenseTensors) {
  Eltwise(GetParam()).Input({3, 3, 8}, 0.5f, 3).Input({3, 3, 8}, 0.5f, 3).Run();
}

// Squares and cubes are products on the device.
TEST(Eltwise, SquaresAndCubes) {
  for (double exponent : {2.0, 3.0}) {
    Eltwise(9).Set("scalar_input", exponent).Input({3, 6}, -2, 2).Run();
    Eltwise(9)
        .Set("scalar_input", exponent)
        .Set("scalar_input_index", int64_t{0})
        .Input({3, 6}, -2, 2)
        .Run();
  }
}

TEST_P(EltwiseTypes, ScalarOnEitherSide) {
  Eltwise(GetParam()).Set("scalar_input", 1.7).Input({3, 6}, 0.5f, 3).Run();
  Eltwise(GetParam())
      .Set("scalar_input", 1.7)
      .Set("scalar_input_index", int64_t{0})
      .Input({3, 6}, 0.5f, 3)
      .Run();
}

INSTANTIATE_TEST_SUITE_P(Arithmetic, EltwiseTypes, testing::Values(0, 1, 2, 3, 4, 5, 8, 9, 11));

TEST(Eltwise, OneOperand) {
  Eltwise(6).Input({2, 3, 5}).Run();
  Eltwise(7).Input({2, 3, 5}).Run();
  Eltwise(12).Set("coeff", std::vector<double>{-0.25, 0.5}).Input({2, 3, 5}).Run();
  Eltwise(13).Input({2, 3, 5}).Run();
}

TEST(Eltwise, Broadcasts) {
  const Shape pairs[][2] = {
      {{2, 3, 2, 7}, {7}},
      {{2, 3, 2, 7}, {2, 1}},
      {{2, 1, 2, 6}, {1, 3, 1, 6}},
      {{5, 1}, {1, 6}},
      {{2, 3, 4, 5}, {1, 1, 1, 1}},
      {{3}, {2, 1, 1}},
      // A scale of many channels: whole pixels on CPUs, with and without a rest.
      {{2, 3, 2, 37}, {2, 1, 1, 37}},
      {{2, 1, 2, 32}, {1, 3, 1, 32}},
      {{2, 2, 1, 3, 5}, {5}},
      {{2, 2, 1, 3, 5}, {1, 1, 5}},
      {Shape(), {2, 3}},
      {{2, 2, 3, 2, 5}, {2, 3, 2, 1}},  // The leading 2 of two: only row-major expresses it.
      {{2, 1, 3, 1, 5}, {1, 2, 3, 2, 1}},
  };
  uint32_t seed = 1;
  for (const auto& pair : pairs) {
    SCOPED_TRACE(pair[0].ToString() + " and " + pair[1].ToString());
    Eltwise(1).Input(pair[0]).Input(pair[1]).Seed(seed++).Run();
  }
}

TEST(Eltwise, BroadcastsConstants) {
  const Shape pairs[][2] = {
      {{2, 3, 2, 7}, {7}},
      {{2, 3, 2, 6}, {3, 1, 1}},
      {{2, 3, 2, 6}, {2, 3, 2, 6}},
      {{2, 3, 2, 22}, {3, 1, 22}},
      {{1, 6}, {5, 1}},
      {{2, 3}, {1}},
      {{2, 3}, {1, 1, 1, 1, 1}},
      {{2, 2, 3, 2, 5}, {2, 3, 2, 1}},
  };
  uint32_t seed = 1;
  for (const auto& pair : pairs) {
    SCOPED_TRACE(pair[0].ToString() + " and " + pair[1].ToString());
    Eltwise(1).Input(pair[0]).Constant(pair[1]).Seed(seed++).Run();
    Eltwise(1).Constant(pair[1]).Input(pair[0]).Seed(seed++).Run();
  }
}

TEST(Eltwise, CoefficientsAndActivation) {
  Eltwise(0)
      .Set("coeff", std::vector<double>{0.5, -2})
      .Set("activation", std::string("RELUX"))
      .Set("max_limit", 0.75)
      .Input({2, 3, 5})
      .Input({2, 3, 5})
      .Run();
}

TEST(Eltwise, MinimumAndMaximumCarryNaN) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const HostTensor a = HostTensor::FromVector<float>(DType::kFloat32, Shape({4}), {nan, 1, 2, -3});
  const HostTensor b = HostTensor::FromVector<float>(DType::kFloat32, Shape({4}), {1, nan, -2, 3});
  for (int type : {4, 5, 13}) {
    OpTester tester = Eltwise(type);
    tester.Input(a).Input(b);
    StatusOr<std::vector<HostTensor>> y = tester.Reference();
    ASSERT_TRUE(y.ok());
    EXPECT_TRUE(std::isnan((*y)[0].f32()[0]));
    EXPECT_EQ(type != 13, std::isnan((*y)[0].f32()[1]));
    tester.Run();
  }
}

TEST(Eltwise, ComparisonsGiveBool) {
  for (int type : {10, 15}) {
    OpTester tester = Eltwise(type);
    tester.Input(HostTensor::FromVector<float>(DType::kFloat32, Shape({3}), {1, 2, 3}))
        .Input(HostTensor::FromVector<float>(DType::kFloat32, Shape({1}), {2}));
    StatusOr<std::vector<HostTensor>> y = tester.Reference();
    ASSERT_TRUE(y.ok()) << y.status().message();
    ASSERT_EQ(DType::kBool, (*y)[0].dtype());
    for (int i = 0; i < 3; ++i)
      EXPECT_EQ((i == 1) == (type == 10), (*y)[0].data<uint8_t>()[i] == 1);
  }
}

TEST(Eltwise, Integers) {
  const int32_t largest = std::numeric_limits<int32_t>::max();
  struct IntegerCase {
    int type;
    std::vector<int32_t> expected;
  };
  const IntegerCase cases[] = {
      {0, {-5, 9, -largest - 1}}, {1, {-9, 5, largest - 1}}, {2, {-14, 14, largest}},
      {3, {-3, 3, largest}},      {4, {-7, 2, 1}},           {5, {2, 7, largest}},
      {6, {7, -7, -largest}},     {8, {81, 25, 4}},          {9, {49, 49, largest}},
      {11, {-4, 3, largest}},     {13, {-1, 1, 1}},
  };
  for (const IntegerCase& c : cases) {
    OpTester tester = Eltwise(c.type);
    tester.Input(Ints({-7, 7, largest})).Input(Ints({2, 2, 1}));
    StatusOr<std::vector<HostTensor>> y = tester.Reference();
    ASSERT_TRUE(y.ok()) << y.status().message();
    ASSERT_EQ(DType::kInt32, (*y)[0].dtype());
    // The square of a large difference wraps around.
    const size_t count = c.type == 8 ? 2 : 3;
    for (size_t i = 0; i < count; ++i)
      EXPECT_EQ(c.expected[i], (*y)[0].data<int32_t>()[i]) << c.type << " " << i;
  }
}

TEST(Eltwise, IntegerDivisionNeverTraps) {
  const int64_t lowest = std::numeric_limits<int64_t>::min();
  OpTester tester = Eltwise(3);
  tester.Input(HostTensor::FromVector<int64_t>(DType::kInt64, Shape({1}), {lowest}))
      .Input(Ints({-1}));
  StatusOr<std::vector<HostTensor>> y = tester.Reference();
  ASSERT_TRUE(y.ok()) << y.status().message();
  EXPECT_EQ(lowest, (*y)[0].data<int64_t>()[0]);
  for (int type : {3, 11}) {
    OpTester by_zero = Eltwise(type);
    by_zero.Input(Ints({1})).Input(Ints({0}));
    EXPECT_NE(std::string::npos, by_zero.Reference().status().message().find("divided by zero"));
  }
}

TEST(Eltwise, Refuses) {
  Eltwise(14).Input({2}).Input({2}).ExpectRefused("type: expected 0 to 13 or 15 to 29, found 14");
  Eltwise(0).Input({2}).ExpectRefused("scalar_input");
  Eltwise(0).Input({2, 3}).Input({2, 4}).ExpectRefused("[2, 3]");
  Eltwise(0).Input({2}).Input(Ints({1, 2})).ExpectRefused("float32 and int32");
  Eltwise(12).Input({2}).ExpectRefused("coeff: expected 2 numbers, found 0");
  Eltwise(0)
      .Set("scalar_input", 1.0)
      .Set("scalar_input_index", int64_t{2})
      .Input({2})
      .ExpectRefused("scalar_input_index");
  Eltwise(0)
      .Set("activation", std::string("RELU"))
      .Input(Ints({1}))
      .Input(Ints({1}))
      .ExpectRefused("activation");
}

HostTensor Int64s(Shape shape, const std::vector<int64_t>& values) {
  return HostTensor::FromVector(DType::kInt64, std::move(shape), values);
}

TEST(Eltwise, IntegersOnTheDevice) {
  const HostTensor a = Int64s({2, 3}, {-7, 0, 5, 9, -2, 4}), b = Int64s({3}, {3, -2, 4});
  for (int type : {0, 2, 3, 4, 11, 18, 21, 23, 24, 26}) {
    SCOPED_TRACE(type);
    Eltwise(type).Input(a).Constant(b).Run();
  }
  for (int type : {7, 13}) Eltwise(type).Input(a).Run();
  // A difference and a comparison by every kind of operand.
  for (int type : {1, 17}) {
    SCOPED_TRACE(type);
    Eltwise(type).Input(a).Input(b).Run();
    Eltwise(type).Set("scalar_input", 3.0).Input(*a.ConvertTo(DType::kInt32)).Run();
    Eltwise(type).Set("scalar_input", 3.0).Set("scalar_input_index", int64_t{0}).Input(a).Run();
  }
}

TEST(Eltwise, BoolsBesideIntegersOnTheDevice) {
  const HostTensor truth = HostTensor::FromVector<uint8_t>(DType::kBool, {2, 1}, {1, 0});
  const HostTensor a = Int64s({2, 3}, {-7, 0, 5, 9, -2, 4});
  Eltwise(20).Input(truth).Input(a).Run();
  Eltwise(2).Input(a).Constant(truth).Run();
}

TEST(Eltwise, BytesWrapAroundOnTheDevice) {
  const HostTensor bytes = HostTensor::FromVector<uint8_t>(DType::kUInt8, {3}, {250, 3, 255});
  Eltwise(0).Input(bytes).Input(bytes).Run();
  Eltwise(6).Input(*bytes.ConvertTo(DType::kInt8)).Run();
}

// Results wrap around as the type does, and a divisor may be computed.
TEST(Eltwise, IntegersOfFewBitsOnTheDevice) {
  const HostTensor a = Int64s({2, 3}, {-8, 7, 5, 3, -1, 4}), b = Int64s({3}, {7, 1, 3});
  const std::pair<DType, int> cases[] = {
      {DType::kInt16, 23}, {DType::kUInt16, 1}, {DType::kUInt16, 2}, {DType::kInt8, 28},
      {DType::kInt4, 2},   {DType::kInt4, 3},   {DType::kUInt2, 0}};
  for (const auto& [dtype, type] : cases) {
    SCOPED_TRACE(std::string(DTypeName(dtype)) + " " + std::to_string(type));
    const HostTensor x = *MakeIntegers(dtype, a.shape(), ToInt64Vector(a));
    Eltwise(type).Input(x).Input(*MakeIntegers(dtype, b.shape(), ToInt64Vector(b))).Run();
  }
}

TEST(Eltwise, ShiftsOnTheDevice) {
  const HostTensor a = Ints({-8, 7, 1, -1}), b = Ints({1, 40, 31, 64});
  for (int type : {28, 29}) Eltwise(type).Input(a).Input(b).Run();
  Eltwise(29).Input(*a.ConvertTo(DType::kInt64)).Input(*b.ConvertTo(DType::kInt64)).Run();
}

}  // namespace
}  // namespace mace
