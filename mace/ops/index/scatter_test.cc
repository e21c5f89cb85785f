#include <gtest/gtest.h>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

HostTensor Rows(const std::vector<int64_t>& rows) {
  return HostTensor::FromVector(DType::kInt64, Shape{static_cast<int64_t>(rows.size())}, rows);
}

template <typename T>
HostTensor Numbers(DType dtype, Shape shape, const std::vector<T>& values) {
  return HostTensor::FromVector(dtype, std::move(shape), values);
}

struct ScatterCase {
  const char* reduction;
  std::vector<float> expected;
};

TEST(Scatter, RowsByEveryReduction) {
  // Row 2, also from the end, and row 0; row 2 twice.
  const ScatterCase cases[] = {{"none", {5, -6, 3, 4, 7, 8}},
                               {"add", {6, -4, 3, 4, 3, 24}},
                               {"mul", {5, -12, 3, 4, -315, 480}},
                               {"max", {5, 2, 3, 4, 7, 10}},
                               {"min", {1, -6, 3, 4, -9, 6}}};
  for (const ScatterCase& c : cases) {
    SCOPED_TRACE(c.reduction);
    OpTester tester("Scatter");
    tester.Set("reduction", std::string(c.reduction));
    tester.Input(Numbers<float>(DType::kFloat32, {3, 2}, {1, 2, 3, 4, 5, 6}));
    tester.Input(Rows({2, 0, -1}));
    tester.Input(Numbers<float>(DType::kFloat32, {3, 2}, {-9, 10, 5, -6, 7, 8}));
    StatusOr<std::vector<HostTensor>> y = tester.Reference();
    ASSERT_TRUE(y.ok()) << y.status().message();
    const float* values = (*y)[0].f32();
    EXPECT_EQ(c.expected, std::vector<float>(values, values + 6));
    tester.Run();
  }
}

// More rows and indices than work-items, some rows often and some never.
TEST(Scatter, ManyRowsAndIndices) {
  for (const char* reduction : {"none", "add", "max", "min"}) {
    for (const Shape& shape : {Shape{301, 7}, Shape{4099}, Shape{3, 2500}}) {
      SCOPED_TRACE(std::string(reduction) + " " + shape.ToString());
      std::vector<int64_t> rows, dims = shape.dims();
      for (int64_t i = 0; i < 500; ++i) rows.push_back((i * i * 7 + i) % shape[0]);
      rows[10] = -1;
      dims[0] = static_cast<int64_t>(rows.size());
      for (const bool as_gpu : {false, true}) {
        OpTester tester("Scatter");
        tester.Set("reduction", std::string(reduction));
        tester.Input(shape).Input(Rows(rows)).Input(*Shape::Make(dims));
        if (as_gpu) tester.AsGpu(1);
        tester.Run();
      }
    }
  }
}

TEST(Scatter, IntegersWrapAround) {
  OpTester tester("Scatter");
  tester.Set("reduction", std::string("add"));
  tester.Input(Numbers<uint8_t>(DType::kUInt8, {2}, {250, 1})).Input(Rows({0}));
  tester.Input(Numbers<uint8_t>(DType::kUInt8, {1}, {10}));
  StatusOr<std::vector<HostTensor>> y = tester.Reference();
  ASSERT_TRUE(y.ok()) << y.status().message();
  EXPECT_EQ(4, (*y)[0].data<uint8_t>()[0]);
  EXPECT_EQ(1, (*y)[0].data<uint8_t>()[1]);
}

TEST(Scatter, IntegersOnTheDevice) {
  for (const char* reduction : {"none", "add", "mul", "max", "min"}) {
    SCOPED_TRACE(reduction);
    OpTester tester("Scatter");
    tester.Set("reduction", std::string(reduction));
    tester.Constant(Numbers<int64_t>(DType::kInt64, {3, 2}, {1, 2, 3, 4, 5, 6}));
    tester.Input(Rows({2, 0, -1}));
    tester.Input(Numbers<int64_t>(DType::kInt64, {3, 2}, {-9, 10, 5, -6, 7, 8})).Run();
  }
}

TEST(Scatter, Refuses) {
  OpTester("Scatter").Input({3, 2}).Input(Rows({3})).Input({1, 3}).ExpectRefused("do not fit");
  OpTester("Scatter").Input({3}).Input({1}).Input({1}).ExpectRefused("integer indices");
  OpTester outside("Scatter");
  outside.Input({3}).Input(Rows({3})).Input({1});
  EXPECT_EQ("index 3 is outside of the axis of 3", outside.Reference().status().message());
}

}  // namespace
}  // namespace mace
