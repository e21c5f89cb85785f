#include <gtest/gtest.h>

#include <cmath>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

HostTensor Floats(Shape shape, const std::vector<float>& values) {
  return HostTensor::FromVector(DType::kFloat32, std::move(shape), values);
}

struct Mode {
  const char* mode;
  const char* padding;
  int64_t align_corners;
};

OpTester GridSample(const Mode& mode) {
  OpTester tester("GridSample");
  tester.Set("mode", std::string(mode.mode))
      .Set("padding_mode", std::string(mode.padding))
      .Set("align_corners", mode.align_corners);
  return tester;
}

// Samples a row of elements at places that are given in elements: the tests' own inverse of the
// coordinates.
std::vector<float> SampleRow(const Mode& mode, const std::vector<float>& row,
                             const std::vector<float>& places) {
  const float extent = static_cast<float>(row.size());
  std::vector<float> grid;
  for (float place : places) {
    grid.push_back(mode.align_corners != 0 ? 2 * place / (extent - 1) - 1
                                           : (2 * place + 1) / extent - 1);
  }
  const int64_t width = static_cast<int64_t>(row.size());
  const int64_t count = static_cast<int64_t>(places.size());
  OpTester tester = GridSample(mode);
  tester.Input(Floats({1, 1, width}, row)).Input(Floats({1, count, 1}, grid));
  StatusOr<std::vector<HostTensor>> y = tester.Reference();
  EXPECT_TRUE(y.ok()) << y.status().message();
  if (!y.ok()) return {};
  EXPECT_EQ((*y)[0].shape(), (Shape{1, 1, count}));
  return ToFloatVector((*y)[0]);
}

const std::vector<float> kRow = {10, 20, 40, 80};

void ExpectNear(const std::vector<float>& expected, const std::vector<float>& found) {
  ASSERT_EQ(expected.size(), found.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(expected[i], found[i], 1e-4f) << "place " << i;
  }
}

TEST(GridSample, Linear) {
  for (int64_t corners : {0, 1}) {
    const std::vector<float> places = {0, 0.25f, 1.5f, 3, -0.25f, 3.5f};
    ExpectNear({10, 12.5f, 30, 80, 7.5f, 40},
               SampleRow({"linear", "zeros", corners}, kRow, places));
    ExpectNear({10, 12.5f, 30, 80, 10, 80}, SampleRow({"linear", "border", corners}, kRow, places));
  }
  // Mirrored at the centres of the last elements, or at their outer edges.
  ExpectNear({12.5f, 60, 30}, SampleRow({"linear", "reflection", 1}, kRow, {-0.25f, 3.5f, 4.5f}));
  ExpectNear({10, 80, 60}, SampleRow({"linear", "reflection", 0}, kRow, {-0.75f, 3.5f, 4.5f}));
  // Mirrored more than once.
  ExpectNear({20, 40}, SampleRow({"linear", "reflection", 1}, kRow, {7, -8}));
}

TEST(GridSample, Nearest) {
  ExpectNear({10, 20, 40, 40, 80},
             SampleRow({"nearest", "zeros", 0}, kRow, {0.5f, 0.75f, 1.5f, 2.5f, 3.25f}));
  ExpectNear({0, 0}, SampleRow({"nearest", "zeros", 0}, kRow, {-1, 4}));
  ExpectNear({10, 80}, SampleRow({"nearest", "border", 0}, kRow, {-5, 9}));
  ExpectNear({20, 40}, SampleRow({"nearest", "reflection", 1}, kRow, {-1, 4}));
}

// Keys' weights in the middle, with a = -3/4: -3/32, 19/32, 19/32, -3/32.
TEST(GridSample, Cubic) {
  const float middle = (-3 * 10 + 19 * 20 + 19 * 40 - 3 * 80) / 32.0f;
  ExpectNear({middle, 20}, SampleRow({"cubic", "zeros", 0}, kRow, {1.5f, 1}));
  const float first = (19 * 10 + 19 * 20 - 3 * 40) / 32.0f;
  ExpectNear({first}, SampleRow({"cubic", "zeros", 0}, kRow, {0.5f}));
  ExpectNear({first - 30 / 32.0f}, SampleRow({"cubic", "border", 0}, kRow, {0.5f}));
}

TEST(GridSample, TwoAndThreeAxes) {
  // The last axis comes first in the grid.
  OpTester plane = GridSample({"linear", "zeros", 1});
  plane.Input(Floats({1, 2, 2, 2}, {1, 2, 3, 4, 10, 20, 30, 40}));
  plane.Input(Floats({1, 1, 2, 2}, {1, -1, 0, 0.5f}));
  StatusOr<std::vector<HostTensor>> y = plane.Reference();
  ASSERT_TRUE(y.ok()) << y.status().message();
  ExpectNear({2, 3, 20, 30}, ToFloatVector((*y)[0]));
  OpTester volume = GridSample({"linear", "zeros", 1});
  volume.Input(Floats({1, 1, 2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8}));
  volume.Input(Floats({1, 1, 1, 2, 3}, {0, 0, 0, -1, 1, -1}));
  y = volume.Reference();
  ASSERT_TRUE(y.ok()) << y.status().message();
  ExpectNear({4.5f, 3}, ToFloatVector((*y)[0]));
}

TEST(GridSample, WhatIsNoPlace) {
  const std::vector<float> found = SampleRow({"linear", "border", 0}, kRow, {NAN, INFINITY});
  EXPECT_TRUE(std::isnan(found[0]));
  EXPECT_EQ(found[1], 80);
}

TEST(GridSample, Refusals) {
  GridSample({"linear", "zeros", 0})
      .Input(Shape{1, 2, 3, 4})
      .Input(Shape{1, 5, 6, 3})
      .ExpectRefused("a coordinate for each");
  GridSample({"area", "zeros", 0})
      .Input(Shape{1, 2, 3})
      .Input(Shape{1, 5, 1})
      .ExpectRefused("mode: expected one of nearest, linear, cubic, found area");
  GridSample({"linear", "wrap", 0})
      .Input(Shape{1, 2, 3})
      .Input(Shape{1, 5, 1})
      .ExpectRefused("padding_mode");
}

TEST(GridSample, RunsOnTheCpu) {
  GridSample({"cubic", "reflection", 0})
      .Input(Shape{3, 2, 5, 4})
      .Input(Shape{3, 2, 7, 2})
      .CpuOnly()
      .Run();
}

}  // namespace
}  // namespace mace
