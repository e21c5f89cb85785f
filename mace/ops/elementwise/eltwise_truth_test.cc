// Comparisons and logic of Eltwise on the device. Each type is a kernel of its own to compile: what
// they share is tried with one of them.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "mace/testing/op_tester.h"

namespace mace {
namespace {

constexpr int64_t kComparisons[] = {10, 15, 16, 17, 18, 19};
constexpr int64_t kGreater = 18, kAnd = 20, kOr = 21, kXor = 22;

OpTester Eltwise(int64_t type) {
  OpTester tester("Eltwise");
  tester.Set("type", type);
  return tester;
}

HostTensor Bools(const Shape& shape, int64_t period) {
  std::vector<uint8_t> bits;
  for (int64_t i = 0; i < shape.elements(); ++i) bits.push_back(i % period == 0 ? 1 : 0);
  return HostTensor::FromVector(DType::kBool, shape, bits);
}

// Whole numbers, so that many are equal.
HostTensor WholeNumbers(const Shape& shape, uint32_t seed) {
  HostTensor tensor = RandomTensor(shape, seed, -3, 3);
  for (int64_t i = 0; i < shape.elements(); ++i) tensor.f32()[i] = std::round(tensor.f32()[i]);
  return tensor;
}

TEST(EltwiseTruth, Comparisons) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const HostTensor x = HostTensor::FromVector<float>(DType::kFloat32, Shape({4}), {nan, 1, 2, nan});
  for (int64_t type : kComparisons) {
    SCOPED_TRACE(type);
    Eltwise(type).Input(WholeNumbers({2, 3, 4, 7}, 1)).Input(WholeNumbers({2, 3, 4, 7}, 2)).Run();
    Eltwise(type).Input(x).Input(x).Run();
  }
}

TEST(EltwiseTruth, ComparisonsBroadcast) {
  const Shape pairs[][2] = {
      {{2, 8}, {2, 8}}, {{2, 3, 1, 7}, {4, 1}}, {{2, 2, 3, 2, 5}, {2, 3, 2, 1}}};
  for (const auto& pair : pairs) {
    SCOPED_TRACE(pair[0].ToString());
    Eltwise(kGreater).Input(WholeNumbers(pair[0], 1)).Input(WholeNumbers(pair[1], 2)).Run();
  }
  Eltwise(kGreater).Set("scalar_input", 1.0).Input(WholeNumbers({3, 5}, 3)).Run();
  Eltwise(kGreater).Constant(WholeNumbers({5}, 4)).Input(WholeNumbers({3, 5}, 5)).Run();
}

TEST(EltwiseTruth, Logic) {
  for (int64_t type : {kAnd, kOr, kXor}) {
    SCOPED_TRACE(type);
    Eltwise(type).Input(Bools({2, 3, 7}, 2)).Input(Bools({2, 3, 7}, 3)).Run();
    Eltwise(type).Input(Bools({2, 8}, 2)).Input(Bools({2, 8}, 3)).Run();
  }
  Eltwise(kAnd).Input(Bools({2, 3, 8}, 2)).Input(Bools({3, 1}, 2)).Run();
  Eltwise(kOr).Input(Bools({2, 8}, 2)).Constant(Bools({8}, 3)).Run();
  // Not, as it is written.
  Eltwise(10).Set("scalar_input", 0.0).Input(Bools({3, 5}, 3)).Run();
}

}  // namespace
}  // namespace mace
