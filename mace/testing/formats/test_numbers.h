// Operands for tests that compute the expected results themselves, and the comparison.
#ifndef MACE_TESTING_FORMATS_TEST_NUMBERS_H_
#define MACE_TESTING_FORMATS_TEST_NUMBERS_H_

#include <gtest/gtest.h>

#include <cmath>
#include <utility>
#include <vector>

#include "mace/graph/tensor.h"

namespace mace {

// Floats from -largest to largest without a pattern; another seed gives others.
inline HostTensor SineNumbers(const Shape& shape, int seed, double largest = 1) {
  std::vector<float> values(static_cast<size_t>(shape.elements()));
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(std::sin(static_cast<double>(i + 1) * (0.7 + seed)) * largest);
  }
  return HostTensor::FromVector(DType::kFloat32, shape, std::move(values));
}

// Expects as many elements, each at most `tolerance` apart.
inline void ExpectNear(const std::vector<double>& expected, const HostTensor& found,
                       double tolerance) {
  ASSERT_EQ(static_cast<int64_t>(expected.size()), found.shape().elements());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(expected[i], found.f32()[i], tolerance) << "element " << i;
  }
}

}  // namespace mace

#endif  // MACE_TESTING_FORMATS_TEST_NUMBERS_H_
