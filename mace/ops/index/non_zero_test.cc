#include <gtest/gtest.h>

#include <limits>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

struct Places {
  std::vector<int64_t> rows;
  int64_t count = -1;
  DType dtype = DType::kInvalid;
};

Places Find(HostTensor x, const char* dtype = "int64") {
  OpTester tester("NonZero");
  tester.Set("dtype", std::string(dtype)).Input(std::move(x)).Outputs(2).CpuOnly();
  const auto results = tester.Reference();
  if (!results.ok()) ADD_FAILURE() << results.status().message();
  if (!results.ok()) return Places();
  return {ToInt64Vector((*results)[0]), ToInt64Vector((*results)[1])[0], (*results)[0].dtype()};
}

template <typename T>
HostTensor Of(DType dtype, Shape shape, std::vector<T> values) {
  return HostTensor::FromVector<T>(dtype, std::move(shape), std::move(values));
}

TEST(NonZeroTest, GivesAnIndexForEachAxisInRowMajorOrder) {
  const Places found =
      Find(Of<float>(DType::kFloat32, Shape{2, 1, 3}, {0, 2.5f, 0, -1, 0, 1e-30f}));
  EXPECT_EQ(found.count, 3);
  EXPECT_EQ(found.rows, (std::vector<int64_t>{0, 0, 1, 1, 0, 0, 1, 0, 2,  //
                                              0, 0, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(found.dtype, DType::kInt64);
}

TEST(NonZeroTest, TakesEveryType) {
  EXPECT_EQ(Find(Of<int64_t>(DType::kInt64, Shape{3}, {0, int64_t{1} << 40, -1})).count, 2);
  EXPECT_EQ(Find(Of<int32_t>(DType::kInt32, Shape{3}, {0, 0, 256})).count, 1);
  EXPECT_EQ(Find(Of<uint8_t>(DType::kBool, Shape{3}, {1, 0, 1})).count, 2);
  EXPECT_EQ(Find(Of<int8_t>(DType::kInt8, Shape{3}, {-1, 0, 0})).count, 1);
  const Places narrow = Find(Of<uint8_t>(DType::kUInt8, Shape{2}, {0, 9}), "int32");
  EXPECT_EQ(narrow.dtype, DType::kInt32);
  EXPECT_EQ(narrow.rows, (std::vector<int64_t>{1, 0}));
}

TEST(NonZeroTest, NanIsNotZeroAndMinusZeroIs) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(Find(Of<float>(DType::kFloat32, Shape{3}, {nan, -0.0f, 0.0f})).count, 1);
}

TEST(NonZeroTest, AScalarHasRowsWithoutIndices) {
  EXPECT_EQ(Find(Of<float>(DType::kFloat32, Shape(), {3})).count, 1);
  EXPECT_EQ(Find(Of<float>(DType::kFloat32, Shape(), {0})).count, 0);
}

TEST(NonZeroTest, NothingIsFoundInNothing) {
  EXPECT_EQ(Find(Of<float>(DType::kFloat32, Shape{0, 4}, {})).count, 0);
}

TEST(NonZeroTest, RefusesOtherTypesOfResults) {
  OpTester("NonZero")
      .Set("dtype", std::string("float32"))
      .Input({2})
      .Outputs(2)
      .ExpectRefused("dtype: expected int64 or int32, found float32");
}

}  // namespace
}  // namespace mace
