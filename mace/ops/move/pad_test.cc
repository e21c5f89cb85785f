#include <gtest/gtest.h>

#include "mace/testing/element_mover.h"

namespace mace {
namespace {

// The position inside of `extent` that a pad_type reads for `p`, by walking; -1: none.
int64_t Inside(int64_t pad_type, int64_t p, int64_t extent) {
  if (pad_type == 0) return p >= 0 && p < extent ? p : -1;
  if (pad_type == 3) return p < 0 ? 0 : (p >= extent ? extent - 1 : p);
  // Walks from position 0 and turns round at the ends: at once, or by reading the edge twice.
  int64_t at = 0, step = p < 0 ? -1 : 1;
  for (int64_t left = p < 0 ? -p : p; left > 0; --left) {
    if (at + step >= 0 && at + step < extent) {
      at += step;
    } else {
      step = -step;
      if (pad_type == 1) at += step;
    }
  }
  return at;
}

void ExpectPadded(DType dtype, const Shape& shape, int64_t pad_type,
                  const std::vector<int64_t>& paddings) {
  SCOPED_TRACE(shape.ToString() + " by " + Shape(paddings).ToString() + ", pad_type " +
               std::to_string(pad_type));
  const HostTensor x = CountingTensor(dtype, shape);
  std::vector<int64_t> dims = shape.dims();
  for (size_t i = 0; i < dims.size(); ++i) dims[i] += paddings[2 * i] + paddings[2 * i + 1];
  const double fill = 7;
  const HostTensor y = MoveElements(
      x, Shape(dims),
      [&](Position at) {
        for (size_t i = 0; i < at.size(); ++i) {
          at[i] = Inside(pad_type, at[i] - paddings[2 * i], shape.dims()[i]);
          if (at[i] < 0) return Position{};
        }
        return at;
      },
      fill);
  OpTester tester("Pad");
  tester.Set("paddings", paddings).Set("pad_type", pad_type).Set("constant_value", fill).Input(x);
  if (DeviceElementOf(dtype) == DeviceElement::kNone) tester.CpuOnly();
  ExpectOutputs(tester, {y});
}

TEST(Pad, RowsAndColumns) {
  for (int64_t pad_type = 0; pad_type < 4; ++pad_type) {
    ExpectPadded(DType::kFloat32, {2, 4, 3, 6}, pad_type, {0, 0, 1, 2, 2, 0, 0, 0});
  }
}

TEST(Pad, Channels) {
  for (int64_t pad_type : {0, 2}) {
    ExpectPadded(DType::kFloat32, {1, 2, 3, 5}, pad_type, {0, 0, 1, 0, 0, 1, 2, 3});
  }
}

TEST(Pad, BatchOtherRanksAndCropping) {
  ExpectPadded(DType::kFloat32, {2, 2, 2, 4}, 0, {1, 1, 0, 0, 0, 0, 0, 0});
  ExpectPadded(DType::kFloat32, {5}, 0, {2, 3});
  ExpectPadded(DType::kFloat32, {5, 3}, 3, {4, 6, 0, 5});
  ExpectPadded(DType::kFloat32, {2, 3, 2, 3, 2}, 0, {0, 1, 1, 0, 0, 1, 1, 0, 0, 1});
  ExpectPadded(DType::kFloat32, {5, 4}, 0, {-1, 1, 2, -2});
}

TEST(Pad, EveryDType) {
  for (DType dtype : {DType::kInt32, DType::kInt64, DType::kUInt8, DType::kInt8}) {
    for (int64_t pad_type = 0; pad_type < 4; ++pad_type) {
      ExpectPadded(dtype, {3, 4}, pad_type, {2, 1, 0, 3});
    }
  }
}

TEST(Pad, PaddingsAndValueAsInputs) {
  const HostTensor x = CountingTensor(DType::kFloat32, {3});
  OpTester tester("Pad");
  tester.Input(x).Constant(HostTensor::FromVector<int64_t>(DType::kInt64, {2}, {1, 0}));
  tester.Constant(HostTensor::FromVector<float>(DType::kFloat32, Shape{}, {9}));
  ExpectOutputs(tester, {HostTensor::FromVector<float>(DType::kFloat32, {4}, {9, 1, 2, 3})});
}

TEST(Pad, Refuses) {
  auto expect = [](std::vector<int64_t> paddings, int64_t pad_type, const char* message) {
    OpTester("Pad")
        .Set("paddings", paddings)
        .Set("pad_type", pad_type)
        .Input({3})
        .ExpectRefused(message);
  };
  expect({1}, 0, "expected 2 for each axis");
  expect({1, 1}, 4, "expected 0 to 3");
  expect({3, 0}, 1, "do not suit axis 0");
  expect({0, 4}, 2, "do not suit axis 0");
  expect({-2, -2}, 0, "do not suit axis 0");
  expect({INT64_MAX, 1}, 0, "do not suit axis 0");
  expect({INT64_MIN, 1}, 0, "do not suit axis 0");
}

}  // namespace
}  // namespace mace
